using System.Collections.Immutable;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>A named stream of rows on this node: its ring, and the feeds that wait for its changes.</summary>
public sealed class Channel
{
    /// <summary>Blocks that may wait for earlier ones. Replies overtake messages by a few blocks, not by more.</summary>
    private const int MaxParked = 64;

    private readonly Lock _gate = new();
    private readonly CircularFrame _ring; // Used under _gate.
    private readonly SortedList<long, LoggedBlock> _parked = []; // Used under _gate.
    private readonly TimeProvider _time;
    private readonly ChannelRules _rules;
    private string _epoch; // Written under _gate; read with Volatile.
    private Lineage _lineage = Lineage.None; // Used under _gate.
    private ChannelLimits _limits; // Replaced under _gate; read with Volatile.
    private RateMeter _rate; // Used under _gate.
    private long _lastAppend; // Written under _gate; a timestamp of _time.
    private bool _isRemoved; // Written under _gate.
    private ImmutableArray<Member> _members = []; // Replaced under _gate; read without it.

    internal Channel(ChannelId id, string epoch, long number, ChannelRules rules, TimeProvider time, ByteBudget? budget = null)
    {
        Id = id;
        _epoch = epoch;
        Number = number;
        _rules = rules;
        _limits = rules.For(id);
        _time = time;
        _ring = new CircularFrame(_limits.Capacity, _limits.MaxBytes, budget);
        _ring.SetCapacity(_limits.Capacity, _limits.CapacityMs);
        _lastAppend = time.GetTimestamp();
    }

    /// <summary>The channel's identity.</summary>
    public ChannelId Id { get; }

    /// <summary>The epoch of its rows.</summary>
    public string Epoch => Volatile.Read(ref _epoch);

    /// <summary>Goes up with every channel that the node sees.</summary>
    internal long Number { get; }

    internal ChannelLimits Limits => Volatile.Read(ref _limits);

    /// <summary>The feeds' members that follow the channel.</summary>
    internal int MemberCount => _members.Length;

    internal TimeSpan Idle => _time.GetElapsedTime(Volatile.Read(ref _lastAppend));

    /// <summary>
    /// Takes a delivered block by one rule: at the next offset it is appended, below it is a duplicate, above it is
    /// parked until the blocks before it come.
    /// </summary>
    internal ApplyResult Apply(LoggedBlock block) => Apply(block, out _);

    /// <param name="block">The block.</param>
    /// <param name="rows">The rows that entered the ring: the block's, and those of parked ones that it let in.</param>
    internal ApplyResult Apply(LoggedBlock block, out int rows)
    {
        rows = 0;
        lock (_gate)
        {
            var before = _ring.Next;
            if (_isRemoved)
                return ApplyResult.Removed;
            if (block.Epoch != _epoch)
                return ApplyResult.ForeignEpoch;
            if (block.Offset < _ring.Next)
                return ApplyResult.Duplicate;
            if (block.Offset > _ring.Next)
                return Park(block);

            Append(block.Block);
            while (_parked.Count > 0 && _parked.GetKeyAtIndex(0) <= _ring.Next)
            {
                var parked = _parked.GetValueAtIndex(0);
                _parked.RemoveAt(0);
                if (parked.Offset == _ring.Next)
                    Append(parked.Block);
            }

            rows = (int)(_ring.Next - before);
        }

        MarkDirty();
        return ApplyResult.Appended;
    }

    /// <summary>
    /// Takes over a new epoch: where its lineage leads from the present one, with the rows that it kept; else with none,
    /// from <paramref name="start"/> on.
    /// </summary>
    /// <param name="epoch">The new epoch.</param>
    /// <param name="lineage">The epochs that led to it.</param>
    /// <param name="start">Where the rows of an epoch begin that none leads to.</param>
    /// <param name="schema">The fields of the newest row that was kept.</param>
    internal RebaseResult Rebase(string epoch, Lineage lineage, long start, Schema schema)
    {
        RebaseResult result;
        lock (_gate)
        {
            if (_isRemoved || epoch == _epoch)
                return RebaseResult.Unchanged;
            var end = lineage.EndOf(_epoch);
            result = end is null ? RebaseResult.Reset : end < _ring.Next ? RebaseResult.RolledBack : RebaseResult.Continued;

            // Fields that were declared without a row can be lost alone, so the ring is cut where it ends, too.
            if (end is null)
                _ring.StartAt(start, schema);
            else if (end <= _ring.Next)
                _ring.Truncate(end.Value, schema);
            Volatile.Write(ref _epoch, epoch);
            _lineage = lineage;
            _parked.Clear();
        }

        MarkDirty();
        return result;
    }

    /// <summary>The offset after the last row that is still there of an epoch; null where that is none of the channel's.</summary>
    internal long? EndOf(string epoch)
    {
        lock (_gate)
            return FindEnd(epoch);
    }

    /// <summary>The channel's present, and where in it the rows of an epoch end; null where that is none of its own.</summary>
    internal (ChannelHead Head, long? End) Locate(string epoch)
    {
        lock (_gate)
            return (new ChannelHead(_epoch, _ring.Oldest, _ring.Next, _ring.Schema, _limits, _isRemoved), FindEnd(epoch));
    }

    internal void Remove()
    {
        lock (_gate)
        {
            _isRemoved = true;
            _ring.Release();
        }

        MarkDirty();
    }

    internal ChannelHead ReadHead()
    {
        lock (_gate)
            return new ChannelHead(_epoch, _ring.Oldest, _ring.Next, _ring.Schema, _limits, _isRemoved);
    }

    /// <summary>The rows of an epoch from <paramref name="from"/> up to <paramref name="to"/>, as far as they are still there.</summary>
    /// <param name="epoch">The epoch in which the offsets count.</param>
    /// <param name="from">The first offset wanted.</param>
    /// <param name="to">The offset after the last one wanted; at most the next one of that epoch.</param>
    /// <param name="view">The fields.</param>
    internal RowRun Read(string epoch, long from, long to, View view)
    {
        lock (_gate)
        {
            var end = Math.Clamp(FindEnd(epoch) ?? from, from, to);
            var start = Math.Clamp(_ring.Oldest, from, end);
            return new RowRun(start < end ? ReadColumns(start, end, view) : view.EmptyColumns(), start, end);
        }
    }

    /// <summary>Which of the kept rows before <paramref name="end"/> a subscriber's past takes in.</summary>
    internal (long Start, long End) FindPast(string epoch, long end, int? rows, double? from, double? to)
    {
        lock (_gate)
        {
            end = Math.Min(end, FindEnd(epoch) ?? 0);
            var start = Math.Min(_ring.Oldest, end);
            if (to is { } last)
                end = Math.Clamp(_ring.EndAtOrBefore(last, end), start, end);
            if (from is { } first)
                start = Math.Clamp(_ring.FirstAtOrAfter(first), start, end);
            if (rows is { } newest)
                start = Math.Max(start, end - newest);
            return (start, end);
        }
    }

    /// <summary>About what one kept row takes, in bytes.</summary>
    internal int BytesPerRow()
    {
        lock (_gate)
            return (int)Math.Min(int.MaxValue, _ring.Bytes / Math.Max(1, _ring.Count));
    }

    internal ChannelInfo Describe()
    {
        lock (_gate)
        {
            return new ChannelInfo(
                Id,
                new FrameSchema(null, Id.Text, _ring.Schema, _limits.Capacity, _limits.CapacityMs),
                _epoch,
                _ring.Next - 1,
                _ring.Count,
                _rate.PerSecond(Seconds()),
                _ring.LastTime);
        }
    }

    /// <summary>Marks the member dirty on every change from now on.</summary>
    internal void Attach(Member member)
    {
        lock (_gate)
            _members = _members.Add(member);
    }

    internal void Detach(Member member)
    {
        lock (_gate)
            _members = _members.Remove(member);
    }

    private ApplyResult Park(LoggedBlock block)
    {
        if (_parked.Count >= MaxParked && !_parked.ContainsKey(block.Offset))
            return ApplyResult.Hole;
        _parked[block.Offset] = block;
        return ApplyResult.Parked;
    }

    private void Append(Block block)
    {
        if (block.Settings is { } settings)
        {
            Volatile.Write(ref _limits, _rules.For(Id, settings));
            _ring.SetCapacity(_limits.Capacity, _limits.CapacityMs);
        }

        _ring.Append(block.Schema, block.Columns, block.Count);
        Volatile.Write(ref _lastAppend, _time.GetTimestamp());
        _rate.Add(Seconds(), block.Count);
    }

    private void MarkDirty()
    {
        foreach (var member in _members)
            member.MarkDirty();
    }

    private long? FindEnd(string epoch) => epoch == _epoch ? _ring.Next : _lineage.EndOf(epoch) is { } end ? Math.Min(end, _ring.Next) : null;

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

    private double Seconds() => _time.GetTimestamp() / (double)_time.TimestampFrequency;
}
