using System.Collections.Immutable;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// A named stream of rows on this node: its ring, and the feeds that wait for its changes. Where the backplane has a log
/// of its own, a ring is kept only while somebody follows the channel; otherwise no more is known than how far it has come.
/// </summary>
public sealed class Channel
{
    private readonly Lock _gate = new();
    private readonly CircularFrame _ring; // Used under _gate.
    private readonly ParkedBlocks _parked = new(); // Used under _gate.
    private readonly PublisherAnswers _answers = new(); // Used under _gate.
    private readonly TimeProvider _time;
    private readonly ChannelRules _rules;
    private string _epoch; // Written under _gate; read with Volatile.
    private Lineage _lineage = Lineage.None; // Used under _gate.
    private ChannelLimits _limits; // Replaced under _gate; read with Volatile.
    private RateMeter _rate; // Used under _gate.
    private long _lastAppend; // Written under _gate; a timestamp of _time.
    private double? _lastTime; // Used under _gate: of the newest row, where the ring does not have it.
    private ChannelSettings? _settings; // Used under _gate.
    private bool _isRemoved; // Written under _gate.
    private volatile Following _following; // Written under _gate.
    private bool _hasMissed; // Used under _gate: a block that came while the ring was being filled could not wait.
    private int _holders; // Used under _gate.
    private long _lastHeld; // Used under _gate; a timestamp of _time.
    private TaskCompletionSource? _filled; // Used under _gate; completed when the ring has its past, or will never have it.
    private ImmutableArray<Member> _members = []; // Replaced under _gate; read without it.

    internal Channel(ChannelId id, string epoch, long number, ChannelRules rules, TimeProvider time, ByteBudget? budget = null, bool isFollowed = true)
    {
        Id = id;
        _epoch = epoch;
        Number = number;
        _rules = rules;
        _limits = rules.For(id);
        _time = time;
        _ring = new CircularFrame(_limits.Capacity, _limits.MaxBytes, budget);
        _ring.SetCapacity(_limits.Capacity, _limits.CapacityMs);
        _lastAppend = _lastHeld = time.GetTimestamp();
        _following = isFollowed ? Following.Full : Following.None;
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

    /// <summary>The epochs that led to its present one.</summary>
    public Lineage Lineage
    {
        get
        {
            lock (_gate)
                return _lineage;
        }
    }

    /// <summary>What it has of its own.</summary>
    public ChannelSettings? Settings
    {
        get
        {
            lock (_gate)
                return _settings;
        }
    }

    /// <summary>Whether the ring has all that the log has.</summary>
    public bool IsFollowed => _following == Following.Full;

    /// <summary>Whether blocks have to be read, for the ring or for the time when it has its past.</summary>
    public bool WantsBlocks => _following != Following.None;

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
            if (block.Offset > _ring.Next || _following != Following.Full)
                return Park(block);

            Append(block);
            AppendParked();
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
    /// <param name="schema">Fields of the new epoch, at least those of the newest row that was kept.</param>
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
            else
                _ring.Truncate(Math.Min(end.Value, _ring.Next), _ring.Schema.CommonWith(schema));
            _answers.Truncate(end is null ? 0 : _ring.Next);
            Volatile.Write(ref _epoch, epoch);
            _lineage = lineage;
            _parked.Clear();
        }

        MarkDirty();
        return result;
    }

    /// <summary>
    /// Takes note of how far a channel has come that nobody follows, without its rows; false where they are wanted, or
    /// the epoch is another.
    /// </summary>
    public bool TrySkip(ChannelNews news)
    {
        lock (_gate)
        {
            if (_following != Following.None || news.Epoch != _epoch)
                return false;
            if (_isRemoved || news.Next < _ring.Next)
                return true;

            var rows = news.Next - _ring.Next;
            if (rows > 0 || news.Schema.Hash != _ring.Schema.Hash)
                _ring.StartAt(news.Next, news.Schema);
            Configure(news.Settings);
            _lastTime = news.LastTime ?? _lastTime;
            _lineage = news.Lineage ?? _lineage;
            if (news.IsLive)
            {
                Count((int)Math.Min(int.MaxValue, rows));
            }

            return true;
        }
    }

    /// <summary>Begins to follow the channel, where nobody does: blocks wait from now on until <see cref="Fill"/> brings the past.</summary>
    public bool TryBeginFollowing()
    {
        lock (_gate)
        {
            if (_following != Following.None || _isRemoved)
                return false;
            _following = Following.Filling;
            _hasMissed = false;
            return true;
        }
    }

    /// <summary>
    /// Brings the past of a channel that is being followed, up to the newest row of the log. Blocks that came meanwhile
    /// go behind it.
    /// </summary>
    /// <param name="epoch">The epoch that the channel has to be in.</param>
    /// <param name="start">The offset of the first row.</param>
    /// <param name="blocks">The rows, without a hole.</param>
    public FillResult Fill(string epoch, long start, IReadOnlyList<LoggedBlock> blocks)
    {
        TaskCompletionSource? filled;
        bool isWhole;
        lock (_gate)
        {
            if (_isRemoved || _following != Following.Filling)
                return FillResult.NotWanted;
            if (_epoch != epoch)
                return FillResult.OtherEpoch;

            var schema = _ring.Schema;
            _ring.StartAt(start, blocks.Count == 0 ? schema : Schema.Empty);
            foreach (var block in blocks)
            {
                Configure(block.Block.Settings);
                _answers.Add(block);
                _ring.Append(block.Block.Schema, block.Block.Columns, block.Block.Count);
            }

            _following = Following.Full;
            AppendParked();
            isWhole = !_hasMissed && _parked.Count == 0;
            filled = _filled;
            _filled = null;
        }

        filled?.TrySetResult();
        return isWhole ? FillResult.Whole : FillResult.Behind;
    }

    /// <summary>Lets the ring go where nobody has held the channel for so long.</summary>
    public bool TryUnfollow(TimeSpan unheld)
    {
        lock (_gate)
        {
            if (_following != Following.Full || _isRemoved || _holders > 0 || _time.GetElapsedTime(_lastHeld) < unheld)
                return false;
            _lastTime = _ring.LastTime ?? _lastTime;
            _ring.StartAt(_ring.Next, _ring.Schema);
            _parked.Clear();
            _answers.Clear();
            _following = Following.None;
            return true;
        }
    }

    /// <summary>Goes on at a later offset: the log does not have the rows before it any more.</summary>
    public void SkipTo(string epoch, long start)
    {
        lock (_gate)
        {
            if (_isRemoved || _epoch != epoch || start <= _ring.Next)
                return;
            _ring.StartAt(start, _ring.Schema);
            AppendParked();
        }

        MarkDirty();
    }

    /// <summary>Whether blocks wait for earlier ones.</summary>
    public bool HasParked
    {
        get
        {
            lock (_gate)
                return _following == Following.Full && _parked.Count > 0;
        }
    }

    /// <summary>Keeps the ring, once it is there, until as many calls of <see cref="Release"/>.</summary>
    internal void Hold()
    {
        lock (_gate)
            _holders++;
    }

    internal void Release()
    {
        lock (_gate)
        {
            _holders--;
            _lastHeld = _time.GetTimestamp();
        }
    }

    /// <summary>Ends when the ring has its past, or the channel is gone.</summary>
    internal Task WhenFollowed()
    {
        lock (_gate)
        {
            if (_following == Following.Full || _isRemoved)
                return Task.CompletedTask;
            return (_filled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The channel as a whole, for a backplane that lost it; null where no ring is kept.</summary>
    public ChannelCopy? Copy()
    {
        lock (_gate)
        {
            if (_isRemoved || _following != Following.Full)
                return null;
            var fields = Enumerable.Range(0, _ring.Schema.Fields.Count).ToArray();
            return new ChannelCopy(_epoch, _lineage, _ring.Oldest, _ring.Next, _ring.Schema, _limits, _settings, _ring.Read(_ring.Oldest, _ring.Next, fields), _ring.LastTime, _ring.Bytes, _answers.All);
        }
    }

    /// <summary>The offset after the last row that is still there of an epoch; null where that is none of the channel's.</summary>
    public long? EndOf(string epoch)
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
        TaskCompletionSource? filled;
        lock (_gate)
        {
            _isRemoved = true;
            _ring.Release();
            filled = _filled;
            _filled = null;
        }

        filled?.TrySetResult();
        MarkDirty();
    }

    /// <summary>How far it has come.</summary>
    public ChannelHead ReadHead()
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

    /// <summary>What a list says of it; the rows of one that is not followed are those that its log may hold.</summary>
    public ChannelInfo Describe()
    {
        lock (_gate)
        {
            return new ChannelInfo(
                Id,
                new FrameSchema(null, Id.Text, _ring.Schema, _limits.Capacity, _limits.CapacityMs),
                _epoch,
                _ring.Next - 1,
                _following == Following.Full ? _ring.Count : (int)Math.Min(_ring.Next, _limits.Capacity),
                _rate.PerSecond(Seconds(_time.GetTimestamp())),
                _ring.LastTime ?? _lastTime);
        }
    }

    /// <summary>Marks the member dirty on every change from now on.</summary>
    internal void Attach(Member member)
    {
        Hold();
        lock (_gate)
            _members = _members.Add(member);
    }

    internal void Detach(Member member)
    {
        lock (_gate)
            _members = _members.Remove(member);
        Release();
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

    private void Configure(ChannelSettings? settings)
    {
        if (settings is null || settings == _settings)
            return;
        _settings = settings;
        Volatile.Write(ref _limits, _rules.For(Id, settings));
        _ring.SetCapacity(_limits.Capacity, _limits.CapacityMs);
    }

    private void Append(LoggedBlock logged)
    {
        var block = logged.Block;
        Configure(block.Settings);
        _answers.Add(logged);

        _ring.Append(block.Schema, block.Columns, block.Count);
        Count(block.Count);
    }

    private void Count(int rows)
    {
        var now = _time.GetTimestamp();
        Volatile.Write(ref _lastAppend, now);
        _rate.Add(Seconds(now), rows);
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

    private enum Following
    {
        None,
        Filling,
        Full,
    }

    private double Seconds(long timestamp) => timestamp / (double)_time.TimestampFrequency;
}
