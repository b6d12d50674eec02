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
    private readonly ChannelRows _rows; // Used under _gate.
    private readonly TimeProvider _time;
    private RateMeter _rate; // Used under _gate.
    private long _lastAppend; // Written under _gate; a timestamp of _time.
    private bool _isRemoved; // Written under _gate.
    private volatile Following _following; // Written under _gate.
    private int _holders; // Used under _gate.
    private long _lastHeld; // Used under _gate; a timestamp of _time.
    private TaskCompletionSource? _filled; // Used under _gate; completed when the ring has its past, or will never have it.
    private ImmutableArray<Member> _members = []; // Replaced under _gate; read without it.

    internal Channel(ChannelId id, string epoch, long number, ChannelRules rules, TimeProvider time, ByteBudget? budget = null, bool isFollowed = true)
    {
        Id = id;
        Number = number;
        _time = time;
        _rows = new ChannelRows(id, epoch, rules, budget);
        _lastAppend = _lastHeld = time.GetTimestamp();
        _following = isFollowed ? Following.Full : Following.None;
    }

    /// <summary>The channel's identity.</summary>
    public ChannelId Id { get; }

    /// <summary>The epoch of its rows.</summary>
    public string Epoch => _rows.Epoch;

    /// <summary>Goes up with every channel that the node sees.</summary>
    internal long Number { get; }

    internal ChannelLimits Limits => _rows.Limits;

    /// <summary>The feeds' members that follow the channel.</summary>
    internal int MemberCount => _members.Length;

    internal TimeSpan Idle => _time.GetElapsedTime(Volatile.Read(ref _lastAppend));

    /// <summary>The epochs that led to its present one.</summary>
    public Lineage Lineage
    {
        get
        {
            lock (_gate)
                return _rows.Lineage;
        }
    }

    /// <summary>What it has of its own.</summary>
    public ChannelSettings? Settings
    {
        get
        {
            lock (_gate)
                return _rows.Settings;
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
            if (_isRemoved)
                return ApplyResult.Removed;
            var before = _rows.Next;
            var result = _rows.Apply(block, mustWait: _following != Following.Full);
            if (result != ApplyResult.Appended)
                return result;
            rows = (int)(_rows.Next - before);
            CountAppended(rows);
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
            if (_isRemoved || epoch == _rows.Epoch)
                return RebaseResult.Unchanged;
            result = _rows.Rebase(epoch, lineage, start, schema);
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
            if (_following != Following.None || news.Epoch != _rows.Epoch)
                return false;
            if (_isRemoved || news.Next < _rows.Next)
                return true;
            var rows = _rows.Skip(news);
            if (news.IsLive || rows > 0)
                CountAppended((int)Math.Min(int.MaxValue, rows));
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
            _rows.BeginFilling();
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
            if (_rows.Epoch != epoch)
                return FillResult.OtherEpoch;
            isWhole = _rows.Fill(start, blocks);
            _following = Following.Full;
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
            _rows.Drop();
            _following = Following.None;
            return true;
        }
    }

    /// <summary>Goes on at a later offset: the log does not have the rows before it any more.</summary>
    public void SkipTo(string epoch, long start)
    {
        lock (_gate)
        {
            if (_isRemoved || _rows.Epoch != epoch || start <= _rows.Next)
                return;
            _rows.SkipTo(start);
        }

        MarkDirty();
    }

    /// <summary>Counts its idle time anew.</summary>
    public void Touch()
    {
        lock (_gate)
            Volatile.Write(ref _lastAppend, _time.GetTimestamp());
    }

    /// <summary>Whether blocks wait for earlier ones.</summary>
    public bool HasParked
    {
        get
        {
            lock (_gate)
                return _following == Following.Full && _rows.HasParked;
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
            return _isRemoved || _following != Following.Full ? null : _rows.Copy();
        }
    }

    /// <summary>The offset after the last row that is still there of an epoch; null where that is none of the channel's.</summary>
    public long? EndOf(string epoch)
    {
        lock (_gate)
            return _rows.EndOf(epoch);
    }

    /// <summary>The channel's present, and where in it the rows of an epoch end; null where that is none of its own.</summary>
    internal (ChannelHead Head, long? End) Locate(string epoch)
    {
        lock (_gate)
            return (Head(), _rows.EndOf(epoch));
    }

    internal void Remove()
    {
        TaskCompletionSource? filled;
        lock (_gate)
        {
            _isRemoved = true;
            _rows.Release();
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
            return Head();
    }

    /// <summary>The rows of an epoch from <paramref name="from"/> up to <paramref name="to"/>, as far as they are still there.</summary>
    /// <param name="epoch">The epoch in which the offsets count.</param>
    /// <param name="from">The first offset wanted.</param>
    /// <param name="to">The offset after the last one wanted; at most the next one of that epoch.</param>
    /// <param name="view">The fields.</param>
    internal RowRun Read(string epoch, long from, long to, View view)
    {
        lock (_gate)
            return _rows.Read(epoch, from, to, view);
    }

    /// <summary>Which of the kept rows before <paramref name="end"/> a subscriber's past takes in.</summary>
    internal (long Start, long End) FindPast(string epoch, long end, int? rows, double? from, double? to)
    {
        lock (_gate)
            return _rows.FindPast(epoch, end, rows, from, to);
    }

    /// <summary>About what one kept row takes, in bytes.</summary>
    internal int BytesPerRow()
    {
        lock (_gate)
            return (int)Math.Min(int.MaxValue, _rows.Bytes / Math.Max(1, _rows.Count));
    }

    /// <summary>What a list says of it; the rows of one that is not followed are those that its log may hold.</summary>
    public ChannelInfo Describe()
    {
        lock (_gate)
        {
            var (schema, limits) = (_rows.Schema, _rows.Limits);
            return new ChannelInfo(
                Id,
                new FrameSchema(null, Id.Text, schema, limits.Capacity, limits.CapacityMs),
                _rows.Epoch,
                _rows.Next - 1,
                _following == Following.Full ? _rows.Count : (int)Math.Min(_rows.Next, limits.Capacity),
                _rate.PerSecond(Seconds(_time.GetTimestamp())),
                _rows.LastTime);
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

    private void CountAppended(int rows)
    {
        var now = _time.GetTimestamp();
        Volatile.Write(ref _lastAppend, now);
        _rate.Add(Seconds(now), rows);
    }

    private ChannelHead Head() => new(_rows.Epoch, _rows.Oldest, _rows.Next, _rows.Schema, _rows.Limits, _isRemoved);

    private void MarkDirty()
    {
        foreach (var member in _members)
            member.MarkDirty();
    }

    private enum Following
    {
        None,
        Filling,
        Full,
    }

    private double Seconds(long timestamp) => timestamp / (double)_time.TimestampFrequency;
}
