using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// The rows of one channel: its ring, the epoch in which they count and the epochs before, what it may keep, and the blocks
/// that came too early. Not thread-safe: its channel locks; <see cref="Epoch"/> and <see cref="Limits"/> can be read anyhow.
/// </summary>
internal sealed class ChannelRows
{
    private readonly ChannelId _id;
    private readonly ChannelRules _rules;
    private readonly CircularFrame _ring;
    private readonly ParkedBlocks _parked = new();
    private readonly PublisherAnswers _answers = new();
    private string _epoch; // Read with Volatile.
    private ChannelLimits _limits; // Read with Volatile.
    private double? _lastTime; // Of the newest row, where the ring does not have it.
    private bool _hasMissed; // Whether a block could not wait.

    public ChannelRows(ChannelId id, string epoch, ChannelRules rules, ByteBudget? budget)
    {
        _id = id;
        _epoch = epoch;
        _rules = rules;
        _limits = rules.For(id);
        _ring = new CircularFrame(_limits.Capacity, _limits.MaxBytes, budget);
        _ring.SetCapacity(_limits.Capacity, _limits.CapacityMs);
    }

    public string Epoch => Volatile.Read(ref _epoch);

    public ChannelLimits Limits => Volatile.Read(ref _limits);

    public Lineage Lineage { get; private set; } = Lineage.None;

    /// <summary>What the channel has of its own.</summary>
    public ChannelSettings? Settings { get; private set; }

    public long Oldest => _ring.Oldest;

    public long Next => _ring.Next;

    public int Count => _ring.Count;

    public long Bytes => _ring.Bytes;

    public Schema Schema => _ring.Schema;

    public double? LastTime => _ring.LastTime ?? _lastTime;

    public bool HasParked => _parked.Count > 0;

    /// <summary>Takes a block by one rule: at the next offset it is appended, below it is a duplicate, above it is parked.</summary>
    /// <param name="block">The block.</param>
    /// <param name="mustWait">Whether it is parked also at the next offset, since the past before it is still to come.</param>
    public ApplyResult Apply(LoggedBlock block, bool mustWait)
    {
        if (block.Epoch != _epoch)
            return ApplyResult.ForeignEpoch;
        if (block.Offset < _ring.Next)
            return ApplyResult.Duplicate;
        if (block.Offset > _ring.Next || mustWait)
            return Park(block);
        Append(block);
        AppendParked();
        return ApplyResult.Appended;
    }

    /// <summary>Goes over into another epoch, with the rows that its lineage leads to, or with none.</summary>
    public RebaseResult Rebase(string epoch, Lineage lineage, long start, Schema schema)
    {
        var end = lineage.EndOf(_epoch);
        var result = end is null ? RebaseResult.Reset : end < _ring.Next ? RebaseResult.RolledBack : RebaseResult.Continued;

        // Fields that were declared without a row can be lost alone, so the ring is cut where it ends, too.
        if (end is null)
        {
            // Another channel of the same id, which has what its own blocks bring.
            _ring.StartAt(start, schema);
            Limit(settings: null);
        }
        else
        {
            _ring.Truncate(Math.Min(end.Value, _ring.Next), _ring.Schema.CommonWith(schema));
        }

        _answers.Truncate(end is null ? 0 : _ring.Next);
        Volatile.Write(ref _epoch, epoch);
        Lineage = lineage;
        _parked.Clear();
        return result;
    }

    /// <summary>Takes note of how far the channel has come, without rows; returns how many there were.</summary>
    public long Skip(ChannelNews news)
    {
        var rows = Math.Max(0, news.Next - _ring.Next);
        if (rows > 0 || news.Schema.Hash != _ring.Schema.Hash)
            _ring.StartAt(news.Next, news.Schema);
        Configure(news.Settings);
        _lastTime = news.LastTime ?? _lastTime;
        Lineage = news.Lineage ?? Lineage;
        return rows;
    }

    /// <summary>Forgets blocks that could not wait, before a past is asked for that has them.</summary>
    public void BeginFilling() => _hasMissed = false;

    /// <summary>Takes a past in the place of what is there, and the blocks that waited for it; whether none is missing.</summary>
    public bool Fill(long start, IReadOnlyList<LoggedBlock> blocks)
    {
        _ring.StartAt(start, blocks.Count == 0 ? _ring.Schema : Schema.Empty);
        foreach (var block in blocks)
            Append(block);
        AppendParked();
        return !_hasMissed && !HasParked;
    }

    /// <summary>Goes on at a later offset, without the rows before it.</summary>
    public void SkipTo(long start)
    {
        _ring.StartAt(start, _ring.Schema);
        AppendParked();
    }

    /// <summary>Lets the rows go; what is known without them stays.</summary>
    public void Drop()
    {
        _lastTime = LastTime;
        _ring.StartAt(_ring.Next, _ring.Schema);
        _parked.Clear();
        _answers.Clear();
    }

    /// <summary>Gives the rows' share of the budget back; they stay for those who still read them.</summary>
    public void Release() => _ring.Release();

    /// <summary>The offset after the last row that is still there of an epoch; null where that is none of the channel's.</summary>
    public long? EndOf(string epoch) => epoch == _epoch ? _ring.Next : Lineage.EndOf(epoch) is { } end ? Math.Min(end, _ring.Next) : null;

    /// <summary>The rows of an epoch from <paramref name="from"/> up to <paramref name="to"/>, as far as they are still there.</summary>
    public RowRun Read(string epoch, long from, long to, View view)
    {
        var end = Math.Clamp(EndOf(epoch) ?? from, from, to);
        var start = Math.Clamp(_ring.Oldest, from, end);
        return new RowRun(start < end ? ReadColumns(start, end, view) : view.EmptyColumns(), start, end);
    }

    /// <summary>Which of the kept rows before <paramref name="end"/> a subscriber's past takes in.</summary>
    public (long Start, long End) FindPast(string epoch, long end, int? rows, double? from, double? to)
    {
        end = Math.Min(end, EndOf(epoch) ?? 0);
        var start = Math.Min(_ring.Oldest, end);
        if (to is { } last)
            end = Math.Clamp(_ring.EndAtOrBefore(last, end), start, end);
        if (from is { } first)
            start = Math.Clamp(_ring.FirstAtOrAfter(first), start, end);
        if (rows is { } newest)
            start = Math.Max(start, end - newest);
        return (start, end);
    }

    public ChannelCopy Copy()
    {
        var fields = Enumerable.Range(0, _ring.Schema.Fields.Count).ToArray();
        return new ChannelCopy(_epoch, Lineage, _ring.Oldest, _ring.Next, _ring.Schema, _limits, Settings, _ring.Read(_ring.Oldest, _ring.Next, fields), LastTime, _ring.Bytes, _answers.All);
    }

    private ApplyResult Park(LoggedBlock block)
    {
        if (_parked.TryAdd(block))
            return ApplyResult.Parked;
        _hasMissed = true;
        return ApplyResult.Hole;
    }

    private void AppendParked()
    {
        while (_parked.TryTake(_ring.Next, out var parked))
        {
            if (parked.Offset == _ring.Next)
                Append(parked);
            else
                Configure(parked.Block.Settings);
        }
    }

    private void Append(LoggedBlock logged)
    {
        Configure(logged.Block.Settings);
        _answers.Add(logged);
        _ring.Append(logged.Block.Schema, logged.Block.Columns, logged.Block.Count);
    }

    private void Configure(ChannelSettings? settings)
    {
        if (settings is not null && settings != Settings)
            Limit(settings);
    }

    private void Limit(ChannelSettings? settings)
    {
        Settings = settings;
        Volatile.Write(ref _limits, _rules.For(_id, settings));
        _ring.SetCapacity(_limits.Capacity, _limits.CapacityMs);
    }

    /// <summary>A view from before a rollback may name fields that went with it; the rows that stayed never had them.</summary>
    private Column[] ReadColumns(long from, long to, View view)
    {
        var known = view.Fields.Length;
        while (known > 0 && view.Fields[known - 1] >= _ring.Schema.Fields.Count)
            known--;
        var columns = _ring.Read(from, to, view.Fields[..known]);
        if (known == view.Fields.Length)
            return columns;
        Array.Resize(ref columns, view.Fields.Length);
        for (var i = known; i < columns.Length; i++)
            columns[i] = Column.Nulls(view.Types[i].Kind(), (int)(to - from));
        return columns;
    }
}
