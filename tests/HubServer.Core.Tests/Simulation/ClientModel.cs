using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>
/// A client by the rules of the contract, section 6.2, written from that text alone: it keeps a position for each
/// target and channel, and refuses every frame that the rules do not allow.
/// </summary>
internal sealed class ClientModel(Branches branches)
{
    private Dictionary<string, PastShape> _shapes = [];
    private Func<string, string, long> _headOf = (_, _) => 0;
    private Func<string, string, string, long?> _endOf = (_, _, _) => null; // Of a channel: how far an epoch goes in a later one.
    private int _epochs;
    private bool _isFirst;
    private bool _wasSlow;

    public Dictionary<(string RefId, string Channel), HeldChannel> Held { get; } = [];

    /// <summary>Everything that was shown, to be compared with what was published.</summary>
    public List<ShownRun> Shown { get; } = [];

    public List<ShownPast> Pasts { get; } = [];

    /// <summary>Epochs of channels that the client was told are gone.</summary>
    public List<(string Channel, string Epoch)> Removals { get; } = [];

    /// <summary>Rows that the client was told are gone: with the rows of the channel then.</summary>
    public List<(string Channel, string Epoch, Gap Gap, long HeadThen, bool IsSnapshot)> Laps { get; } = [];

    public IReadOnlyList<ItemError> Errors { get; private set; } = [];

    public ItemState? State { get; private set; }

    /// <summary>Whether the server said that it may be behind.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Starts a call: what is held stays, what it is called has to be said again.</summary>
    public void BeginCall(Dictionary<string, PastShape> shapes, Func<string, string, long> headOf, Func<string, string, string, long?> endOf, int epochs)
    {
        IsStale = false;
        (_epochs, _shapes, _headOf, _endOf, _isFirst, State, Errors, _wasSlow) = (epochs, shapes, headOf, endOf, true, null, [], false);
        foreach (var held in Held.Values)
        {
            (held.Schema, held.IsSeen, held.IsSplit, held.IsPast) = (null, false, false, false);
            held.Parts.Clear();
        }
    }

    public void Apply(Item item)
    {
        Expect.That((item.Head.Server is not null) == _isFirst, "the first item, and no other, says who serves");
        Expect.That(State != ItemState.Done, "nothing follows Done");
        Expect.That(State != ItemState.Streaming || item.Head.State == ItemState.Streaming, $"{item.Head.State} follows Streaming");
        Expect.That(!_isFirst || item.Head.State == ItemState.Loading, "the first item is Loading");
        Expect.That(item.Head.Stale is null || item.Head.Stale != IsStale, $"stale is {item.Head.Stale} again");
        if (item.Head.Stale is not null)
            branches.Count(item.Head.Stale.Value ? Branch.StaleEntered : Branch.StaleLeft);
        IsStale = item.Head.Stale ?? IsStale;
        _isFirst = false;
        State = item.Head.State;
        TakeErrors(item.Head.Errors);
        foreach (var frame in item.Frames)
            Apply(frame);
        if (State != ItemState.Loading)
            Expect.That(State == ItemState.Streaming || item.Frames.Count == 0, "Done carries nothing");
        if (State == ItemState.Done)
            branches.Count(Branch.HistoryDone);
    }

    private void TakeErrors(IReadOnlyList<ItemError>? errors)
    {
        if (errors is null)
            return;
        if (errors.Any(error => error.Code == ErrorCode.LimitExceeded))
            branches.Count(Branch.ChannelLimit);
        else if (Errors.Any(error => error.Code == ErrorCode.LimitExceeded))
            branches.Count(Branch.ChannelLimitCleared);
        if (errors.Any(error => error.Code == ErrorCode.NotFound))
            branches.Count(Branch.MissingField);
        var isSlow = errors.Any(error => error.Code == ErrorCode.Overloaded);
        if (isSlow != _wasSlow)
            branches.Count(isSlow ? Branch.SlowEntered : Branch.SlowLeft);
        _wasSlow = isSlow;
        Errors = errors;
    }

    private void Apply(Frame frame)
    {
        var key = (frame.RefId, frame.Channel);
        Expect.That(_shapes.ContainsKey(frame.RefId), $"{key}: a frame for a target that was not asked for");
        if (frame.Kind == FrameKind.Removed)
        {
            Remove(key, frame);
            return;
        }

        Held.TryGetValue(key, out var held);
        if (frame.Kind == FrameKind.Snapshot)
            Held[key] = held = Replace(key, held, frame);
        else
            Continue(key, held ?? throw new BrokenPromiseException($"{key}: a delta at {frame.Offset} for a channel that the client does not hold"), frame);
        TakeRows(key, held, frame);
    }

    private void Remove((string RefId, string Channel) key, Frame frame)
    {
        var known = Held.Remove(key, out var held);
        Expect.That(known && held is not null, $"{key}: removed, but the client does not hold it");
        Expect.That(held!.Epoch == frame.Epoch && held.Next == frame.Offset, $"{key}: removed at {frame.Epoch}:{frame.Offset}, the client is at {held.Epoch}:{held.Next}");
        Expect.That(!held.IsSplit, $"{key}: removed inside a split past");
        Expect.That(frame.Count == 0 && frame.Data.All(column => column.Count == 0), $"{key}: removed carries rows");
        Removals.Add((key.Channel, frame.Epoch));
        branches.Count(held.IsSeen ? Branch.Removed : Branch.RemovedOnResume);
    }

    private HeldChannel Replace((string RefId, string Channel) key, HeldChannel? held, Frame frame)
    {
        Expect.That(held is not { IsSplit: true }, $"{key}: a snapshot inside a split past");
        Expect.That(frame.Schema is not null, $"{key}: a snapshot says what its columns are");
        if (held is null)
        {
            Expect.That(frame.Gap is null, $"{key}: a gap before the first snapshot");
            if (State == ItemState.Streaming)
                branches.Count(Branch.LateJoiner);
            if (Removals.Exists(removed => removed.Channel == key.Channel && removed.Epoch != frame.Epoch))
                branches.Count(Branch.Recreated);
        }
        else
        {
            RequireReplaceable(key, held, frame);
        }

        return new HeldChannel(frame.Epoch, frame.Offset) { IsPast = true, IsLate = State == ItemState.Streaming && (held is not { IsSeen: true } || frame.Gap is { Reason: not GapReason.Lapped }) };
    }

    /// <summary>A snapshot over something held is sent only with a gap, or where more rows were owed than maxDataPoints.</summary>
    private void RequireReplaceable((string RefId, string Channel) key, HeldChannel held, Frame frame)
    {
        var at = $"{key}: snapshot {frame.Epoch}:{frame.Offset} over {held.Epoch}:{held.Next}";
        switch (frame.Gap)
        {
            case { Reason: GapReason.Reset } gap:
                Expect.That(gap.Epoch == held.Epoch && gap.From == held.Next && gap.To is null && _endOf(key.Channel, held.Epoch, frame.Epoch) is null, $"{at}: gap {gap}");
                branches.Count(held.IsSeen ? Branch.ResetWhileLive : Branch.ResetGap);
                break;
            case { Reason: GapReason.Rollback } gap:
                RequireRolledBack(key, held, gap, frame, at);
                branches.Count(Branch.RollbackBeyondTheOldest);
                break;
            case { Reason: GapReason.Lapped } gap:
                Expect.That(held.IsSeen && gap.Epoch == held.Epoch && gap.From == held.Next && gap.To == frame.Offset - 1 && gap.From <= gap.To, $"{at}: gap {gap}");
                Laps.Add((key.Channel, frame.Epoch, gap, _headOf(key.Channel, frame.Epoch), true));
                branches.Count(Branch.SnapshotWhileLive);
                break;
            default:
                Expect.That(held.IsSeen && _endOf(key.Channel, held.Epoch, frame.Epoch) >= held.Next && frame.Offset <= held.Next, $"{at}: the rows between were not announced");
                branches.Count(Branch.SnapshotWhileLive);
                break;
        }

        Expect.That(frame.Gap is { Reason: not GapReason.Lapped } || _shapes[key.RefId].MaxDataPoints is not null, $"{at}: only maxDataPoints makes a snapshot of a live channel");
    }

    /// <summary>The gap takes back exactly the rows that the client holds and that the new epoch has not.</summary>
    private void RequireRolledBack((string RefId, string Channel) key, HeldChannel held, Gap gap, Frame frame, string at)
    {
        var end = _endOf(key.Channel, held.Epoch, frame.Epoch);
        Expect.That(gap.Epoch == held.Epoch && gap.To == held.Next - 1 && gap.From <= gap.To && !held.IsSplit, $"{at}: gap {gap}");
        Expect.That(end == gap.From || (end == long.MaxValue && !held.IsSeen), $"{at}: gap {gap}, the rows go up to {end}");
    }

    private void Continue((string RefId, string Channel) key, HeldChannel held, Frame frame)
    {
        var at = $"{key}: delta {frame.Epoch}:{frame.Offset}+{frame.Count} after {held.Epoch}:{held.Next}";
        var expected = held.Next;
        if (frame.Gap is { Reason: GapReason.Rollback } rollback)
        {
            RequireRolledBack(key, held, rollback, frame, at);
            expected = rollback.From;
            branches.Count(held.IsSeen ? Branch.RollbackWhileLive : _endOf(key.Channel, held.Epoch, frame.Epoch) == long.MaxValue ? Branch.RollbackMadeUp : Branch.RollbackOnResume);
        }
        else if (frame.Gap is { } gap)
        {
            Expect.That(gap.Reason == GapReason.Lapped && gap.Epoch == held.Epoch && gap.From == held.Next && gap.To >= gap.From, $"{at}: gap {gap}");
            expected = gap.To!.Value + 1;
            held.HasLap = true;
            Laps.Add((key.Channel, frame.Epoch, gap, _headOf(key.Channel, frame.Epoch), false));
            branches.Count(held.IsSplit ? Branch.LapInsideSplitPast : Branch.LappedGap);
        }

        Expect.That(frame.Offset == expected, $"{at}: expected {expected}");
        Expect.That(_endOf(key.Channel, held.Epoch, frame.Epoch) >= (frame.Gap is { Reason: GapReason.Rollback } ? frame.Gap.From : held.Next), $"{at}: another epoch, in which not all of the rows are");
        if (frame.Epoch != held.Epoch && frame.Gap is null)
            branches.Count(frame.Count > 0 ? Branch.EpochWithoutLoss : Branch.EpochWithoutRows);
        Expect.That(frame.Schema is not null || held.Schema is not null, $"{at}: no description of the columns came before it");
        if (!held.IsSeen)
            branches.Count(Branch.ResumeWithoutSnapshot);
        else if (frame.Schema is not null && !held.IsSplit)
            branches.Count(frame.Schema.Schema.Fields.Count == held.Schema?.Fields.Count ? Branch.Reconfigured : Branch.SchemaGrowth);
    }

    private void TakeRows((string RefId, string Channel) key, HeldChannel held, Frame frame)
    {
        var schema = frame.Schema?.Schema ?? held.Schema ?? throw new BrokenPromiseException($"{key}: no schema");
        var at = $"{key}: frame {frame.Epoch}:{frame.Offset}+{frame.Count}";
        Expect.That(frame.Schema is null || (frame.Schema.RefId == key.RefId && frame.Schema.Name == key.Channel), $"{at}: the schema is of {frame.Schema?.RefId} {frame.Schema?.Name}");
        Expect.That(frame.Data.Length == schema.Fields.Count, $"{at}: {frame.Data.Length} columns for {schema.Fields.Count} fields");
        var rows = frame.Data.Length == 0 ? 0 : frame.Data[0].Count;
        for (var i = 0; i < frame.Data.Length; i++)
        {
            Expect.That(frame.Data[i].Count == rows, $"{at}: column {i} has {frame.Data[i].Count} rows, column 0 has {rows}");
            Expect.That(frame.Data[i].Kind is ColumnKind.Empty || frame.Data[i].Kind == KindOf(schema.Fields[i].Type), $"{at}: column {i} holds {frame.Data[i].Kind}, the field is a {schema.Fields[i].Type}");
        }

        Expect.That(frame.Sampled is null ? rows == frame.Count : frame.Sampled is "last" or "minmax" && rows > 0 && rows <= frame.Count, $"{at}: {rows} rows, sampled {frame.Sampled}");
        held.Schema = schema;
        (held.Epoch, held.Next) = (frame.Epoch, frame.Offset + frame.Count);
        held.Parts.Add(new ShownRun(key.Channel, frame.Epoch, frame.Offset, frame.Count, frame.Sampled, schema, frame.Data));
        if (frame.Sampled is not null)
            branches.Count(held.IsPast && _shapes[key.RefId].MaxDataPoints is not null ? Branch.SampledPast : Branch.SampledLive);
        if (frame.More)
            branches.Count(Branch.MultiPartPast);
        (held.IsSeen, held.IsSplit) = (true, frame.More);
        if (!frame.More)
            Show(key, held);
    }

    /// <summary>Nothing of a split past is shown before its last part.</summary>
    private void Show((string RefId, string Channel) key, HeldChannel held)
    {
        Shown.AddRange(held.Parts);
        if (held.IsPast)
        {
            var first = held.Parts[0];
            var rows = held.Parts.Sum(part => (long)part.Rows);
            Pasts.Add(new ShownPast(key.RefId, key.Channel, held.Epoch, first.Offset, held.Next, rows, held.Parts.Any(part => part.Sampled is not null), held.HasLap, _headOf(key.Channel, held.Epoch), _shapes[key.RefId], held.IsLate ? _epochs : null));
        }

        held.Parts.Clear();
        (held.IsPast, held.HasLap) = (false, false);
    }

    private static ColumnKind KindOf(FieldType type) => type switch
    {
        FieldType.String => ColumnKind.String,
        FieldType.Boolean => ColumnKind.Boolean,
        _ => ColumnKind.Number,
    };
}
