using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// Everything that leads one subscription from its own positions to one Cut: its first past, its resume, what a slow
/// socket missed, and a lap. Ends exactly at that Cut, where the shared items go on.
/// </summary>
internal sealed class PrivateRun
{
    private readonly Cut? _held;
    private readonly Cut _target;
    private readonly Shape _shape;
    private readonly Dictionary<(string RefId, ChannelId Channel), Position> _resume;
    private readonly FeedContext _context;
    private readonly Queue<(Member Member, CutEntry Stood)> _left = [];
    private CutEntry[]? _own; // The target's entries with those replaced in which the client stands elsewhere.
    private OwedRows? _owed;
    private int _index;

    public PrivateRun(Cut? held, Cut target, Shape shape, Dictionary<(string RefId, ChannelId Channel), Position> resume, FeedContext context)
    {
        _held = held;
        _target = target;
        _shape = shape;
        _resume = resume;
        _context = context;
        if (held is null || ReferenceEquals(held.Members, target.Members))
            return;

        var stays = target.Members.ToHashSet();
        for (var i = 0; i < held.Members.Length; i++)
        {
            if (!stays.Contains(held.Members[i]))
                _left.Enqueue((held.Members[i], held.Entries[i]));
        }
    }

    /// <summary>The Cut that the run leads to.</summary>
    public Cut Target => _target;

    /// <summary>Whether rows were gone before they could be sent.</summary>
    public bool HasLapped { get; private set; }

    /// <summary>Whether everything has been added to an item.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The errors to send, where they changed.</summary>
    public IReadOnlyList<ItemError>? ChangedErrors
    {
        get
        {
            var isKnown = _held is null ? _target.Errors.Count == 0 : ReferenceEquals(_held.Errors, _target.Errors);
            return isKnown ? null : _target.Errors;
        }
    }

    /// <summary>Whether the node is stale, where that changed.</summary>
    public bool? ChangedStale => (_held?.IsStale ?? false) == _target.IsStale ? null : _target.IsStale;

    /// <summary>Where the subscription stands once the run is finished: the target, or the same with positions of its own.</summary>
    public Cut Result => _own is null
        ? _target
        : new Cut { Number = Cut.Private, Members = _target.Members, Entries = _own, Errors = _target.Errors, IsStale = _target.IsStale, IsComplete = _target.IsComplete };

    /// <summary>Adds frames until the item is large enough or everything is in it.</summary>
    public void Fill(ItemBuilder item)
    {
        while (_left.TryDequeue(out var left))
            item.AddRemoved(left.Member.Target.RefId, left.Member.Channel.Id.Text, left.Stood.Epoch, left.Stood.Next);

        while (item.Bytes < _context.Options.PartBytes)
        {
            _context.Work.Interleave();
            if (_owed is not null && _owed.TryAddPart(item, out var lapped))
            {
                HasLapped |= lapped;
                continue;
            }

            NoteEnd();

            if (_index == _target.Members.Length)
            {
                AddForgotten(item);
                IsFinished = true;
                return;
            }

            _owed = Begin(_index++);
        }
    }

    private OwedRows? Begin(int index)
    {
        var member = _target.Members[index];
        if (_held is not null && _held.TryFind(member, index, out var stood))
            return Continue(index, new Position(stood.Epoch, stood.Next), stood.View);
        if (!_resume.Remove((member.Target.RefId, member.Channel.Id), out var position))
            return Snapshot(index, Destination(index, member.Channel.ReadHead()), owedFrom: null, gap: null);
        return Continue(index, position, seen: null);
    }

    /// <summary>Goes on from a position; the client has seen a description of the fields, or resumes and has not.</summary>
    private OwedRows? Continue(int index, Position stood, View? seen)
    {
        var member = _target.Members[index];
        var next = stood.Offset;
        var (head, end) = member.Channel.Locate(stood.Epoch);
        var entry = Destination(index, head);
        if (end is null)
            return Snapshot(index, entry, owedFrom: null, new Gap(stood.Epoch, next, null, GapReason.Reset));

        // Rows that the client got and that are the channel's no more: it forgets them, and goes on before them.
        var gap = next > end ? new Gap(stood.Epoch, end.Value, next - 1, GapReason.Rollback) : null;
        next = Math.Min(next, end.Value);
        if (gap is not null && next < head.Oldest)
            return Snapshot(index, entry, owedFrom: null, gap);

        // The client got these rows elsewhere before this feed's tick: it must not get them again, nor lose fields that
        // it saw there.
        if (next > entry.Next)
            entry = Stand(index, new CutEntry(head.Epoch, next, member.View(head)));
        if (gap is null && seen is not null && entry.Next - next > _shape.MaxDataPoints)
            return Snapshot(index, entry, owedFrom: next, gap: null, stood.Epoch);

        var isNews = stood.Epoch != entry.Epoch || gap is not null || seen is null || !entry.View.IsSeenAs(seen);
        if (entry.Next == next && !isNews)
            return null;

        // What one client missed is its own; a past, or what all clients miss after an outage, is wanted by many.
        var frame = new FrameHead(entry.Epoch, FrameKind.Delta, OwedFrom: next, WithSchema: seen is null || !entry.View.IsSeenAs(seen), gap, Keep: seen is null, HeldEpoch: stood.Epoch, IsNews: isNews);
        if (seen is not null)
            frame = frame with { Sample = member.Target.Sample };
        return new OwedRows(member, entry.View, next, entry.Next, frame, _context.Options.PartBytes);
    }

    private OwedRows Snapshot(int index, CutEntry entry, long? owedFrom, Gap? gap, string? heldEpoch = null)
    {
        var member = _target.Members[index];

        // All rows of a channel that appeared, or began anew, while the query ran are live, whatever past was asked for.
        var isLive = _held is not null && owedFrom is null && (member.IsNew || gap is not null);
        var (rows, from) = isLive ? (null, null) : (_shape.Rows[member.TargetIndex], _shape.From);
        var (start, end) = member.Channel.FindPast(entry.Epoch, entry.Next, rows, from, _shape.To);
        var head = new FrameHead(entry.Epoch, FrameKind.Snapshot, owedFrom, WithSchema: true, gap, Keep: true, HeldEpoch: heldEpoch);
        return end - start > _shape.MaxDataPoints
            ? new OwedRows(member, entry.View, start, end, head, _context.Options.PartBytes, _shape.MaxDataPoints.Value)
            : new OwedRows(member, entry.View, start, end, head, _context.Options.PartBytes);
    }

    /// <summary>
    /// Where the run leads in a channel: to the Cut, or where that is of an epoch that the channel has left, to the
    /// channel's present.
    /// </summary>
    private CutEntry Destination(int index, ChannelHead head)
    {
        var entry = _target.Entries[index];
        return entry.Epoch == head.Epoch ? entry : Stand(index, new CutEntry(head.Epoch, head.Next, _target.Members[index].View(head)));
    }

    private CutEntry Stand(int index, CutEntry entry)
    {
        _own ??= (CutEntry[])_target.Entries.Clone();
        return _own[index] = entry;
    }

    /// <summary>Takes note of rows that were lost with their epoch while they were being sent: the client stands before them.</summary>
    private void NoteEnd()
    {
        if (_owed is null)
            return;
        var (index, end) = (_index - 1, _owed.End);
        var entry = (_own ?? _target.Entries)[index];
        if (end < entry.Next && _shape.To is null)
            Stand(index, entry with { Next = end });
        _owed = null;
    }

    /// <summary>
    /// Says which channels the client resumes that were removed meanwhile. One of an epoch that the backplane does
    /// not remember may come back with its publisher, and its position is kept until then.
    /// </summary>
    private void AddForgotten(ItemBuilder item)
    {
        if (_held is not null || _resume.Count == 0)
            return;
        foreach (var ((refId, channel), position) in _resume.ToArray())
        {
            if (!_context.Backplane.Remembers(channel, position.Epoch) || _context.Registry.Find(channel) is not null)
                continue;
            _resume.Remove((refId, channel));
            item.AddRemoved(refId, channel.Text, position.Epoch, position.Offset);
        }
    }
}
