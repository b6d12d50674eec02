using System.Collections.Immutable;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// The running, shared form of one query: turns the changes of its channels into shared items and Cuts, one tick at
/// a time, and wakes its subscriptions.
/// </summary>
internal sealed class Feed : IThreadPoolWorkItem
{
    private readonly FeedContext _context;
    private readonly IReadOnlyList<TargetPlan> _targets;
    private readonly TickGrid? _grid; // Null where every change is sent at once.
    private readonly TimeSpan _interval;
    private readonly int[] _readers = new int[2]; // By WireFormat; changed by Interlocked.
    private readonly Lock _tickGate = new(); // Held by a tick as a whole; taken before _gate and before any channel's lock.
    private readonly FeedMembers _members; // Used under _tickGate.
    private readonly ITimer _overdue; // Runs while pasts are awaited.
    private bool _isWaiting; // Used under _tickGate: whether that timer was started.
    private volatile bool _isOverdue; // Pasts are awaited for so long that queries go on without them.
    private long _created; // Used under _tickGate: the newest channel when the feed started.
    private readonly Lock _gate = new();
    private List<Member> _dirty = []; // Used under _gate.
    private List<Member> _ticked = []; // Used under _tickGate, and swapped with _dirty under both.
    private readonly List<Change> _changes = []; // Used under _tickGate.
    private List<Channel> _offered = []; // Used under _gate.
    private ImmutableArray<Shard> _shards = []; // Replaced under _gate; read without it.
    private bool _isScheduled = true; // Used under _gate; covers waiting for the grid, being posted, and ticking.
    private bool _isStaleNoted; // Used under _gate; that the node is stale, or no more, is still to be looked at.
    private bool _isClosed; // Used under _gate.
    private long _lastTick; // Written by the tick; read when none is scheduled.
    private Tick? _tick; // Replaced under _tickGate; read with Volatile.

    public Feed(QueryPlan plan, TickGrid? grid, FeedContext context)
    {
        Key = plan.FeedKey;
        _targets = plan.Targets;
        _grid = grid;
        _interval = TimeSpan.FromMilliseconds(plan.IntervalMs);
        _context = context;
        _members = new FeedMembers(this, plan.Targets, context.Options.MaxChannels, context.Backplane, context.Metrics);
        _overdue = context.Time.CreateTimer(_ => OnOverdue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Equal for queries that share the feed.</summary>
    public string Key { get; }

    /// <summary>The subscriptions that hold the feed. Used under the lock of the feeds' registry.</summary>
    public int Holders { get; set; }

    /// <summary>What the last tick published.</summary>
    public Tick Latest => Volatile.Read(ref _tick) ?? throw new InvalidOperationException("the feed was not started");

    /// <summary>The newest Cut.</summary>
    public Cut Newest => Latest.Cut;

    /// <summary>The channels followed, counted once for each target.</summary>
    public int MemberCount => Volatile.Read(ref _tick)?.Cut.Members.Length ?? 0;

    /// <summary>Joins the channels that are there, and from then on those that appear; waits while another caller does.</summary>
    public void Start()
    {
        lock (_tickGate)
        {
            if (_tick is not null)
                return;

            // Watching starts before the scan: a channel that appears meanwhile is offered, scanned, or both.
            _context.Registry.Watch(this);
            foreach (var channel in Scan())
                _members.Join(channel, isNew: false);
            _created = _context.Registry.Created;
            var entries = _members.Arrange([]);
            WatchAwaited();
            var cut = new Cut { Number = 0, Members = _members.ToArray(), Entries = entries, Errors = _members.Errors(entries, []), IsStale = _context.Registry.IsStale, IsComplete = !_isWaiting };
            Volatile.Write(ref _tick, new Tick(cut, Shared: null));
        }

        Reschedule();
    }

    /// <summary>Lets go of everything. No subscription holds the feed any more.</summary>
    public void Close()
    {
        lock (_gate)
            _isClosed = true;
        _context.Registry.Unwatch(this);
        _grid?.Unschedule(this);
        _overdue.Dispose();
        lock (_tickGate)
            _members.LeaveAll();
    }

    public void Add(Subscription subscription)
    {
        Interlocked.Increment(ref _readers[(int)subscription.Format]);
        lock (_gate)
        {
            var shard = _shards.FirstOrDefault(shard => shard.Count < Shard.Size);
            if (shard is null)
                _shards = _shards.Add(shard = new Shard());
            shard.Add(subscription);
        }
    }

    public void Remove(Subscription subscription)
    {
        Interlocked.Decrement(ref _readers[(int)subscription.Format]);
        lock (_gate)
        {
            var shard = _shards.FirstOrDefault(shard => shard.Remove(subscription));
            if (shard is { Count: 0 })
                _shards = _shards.Remove(shard);
        }
    }

    /// <summary>Takes note of a channel that appeared or went away.</summary>
    public void Offer(Channel channel)
    {
        if (!IsSelected(channel.Id))
            return;
        lock (_gate)
        {
            _offered.Add(channel);
            if (!TakeTurn())
                return;
        }

        ScheduleFirst();
    }

    /// <summary>Takes note of a member whose channel changed.</summary>
    public void OnDirty(Member member)
    {
        lock (_gate)
        {
            _dirty.Add(member);
            if (!TakeTurn())
                return;
        }

        ScheduleFirst();
    }

    /// <summary>Takes note that the node fell behind its backplane, or caught up.</summary>
    public void OnStale()
    {
        lock (_gate)
        {
            _isStaleNoted = true;
            if (!TakeTurn())
                return;
        }

        ScheduleFirst();
    }

    /// <summary>Whether some target selects a channel.</summary>
    public bool IsSelected(ChannelId channel)
    {
        foreach (var target in _targets)
        {
            if (target.Selector.Matches(channel))
                return true;
        }

        return false;
    }

    /// <summary>The tick.</summary>
    public void Execute()
    {
        _lastTick = _context.Time.GetTimestamp();
        var shards = TryAdvance() ? _shards : [];
        for (var i = 1; i < shards.Length; i++)
            shards[i].Wake(_context.Work);
        Reschedule();

        // The feed's own work item is one already: a query that nobody shares needs no second.
        if (shards.Length > 0)
            shards[0].Execute();
    }

    private bool TakeTurn()
    {
        if (_isScheduled || _isClosed)
            return false;
        _isScheduled = true;
        return true;
    }

    /// <summary>The first change after quiet goes out at once, later ones on the grid.</summary>
    private void ScheduleFirst()
    {
        if (_grid is null || _context.Time.GetElapsedTime(_lastTick) >= _interval)
            _context.Work.Post(this);
        else
            _grid.Schedule(this);
    }

    private void Reschedule()
    {
        lock (_gate)
        {
            _isScheduled = !_isClosed && (_isStaleNoted || _dirty.Count + _offered.Count > 0);
            if (!_isScheduled)
                return;
        }

        if (_grid is null)
            _context.Work.Post(this);
        else
            _grid.Schedule(this);
    }

    private bool TryAdvance()
    {
        lock (_tickGate)
        {
            List<Channel> offered;
            lock (_gate)
            {
                if (_isClosed)
                    return false;
                (_ticked, _dirty) = (_dirty, _ticked);
                (offered, _offered) = (_offered, []);
                _isStaleNoted = false;
            }

            try
            {
                var next = Advance(Newest, _ticked, offered);
                if (next is null)
                    return false;
                Volatile.Write(ref _tick, next);
                return true;
            }
            finally
            {
                // The lists stay for the next tick, and must keep no channel's ring.
                _ticked.Clear();
                _changes.Clear();
            }
        }
    }

    /// <summary>What leads on from this Cut, or null where nothing changed.</summary>
    private Tick? Advance(Cut cut, List<Member> dirty, List<Channel> offered)
    {
        var entries = (CutEntry[])cut.Entries.Clone();
        var changes = _changes;
        var left = new List<Change>();
        var isTorn = false;
        dirty.Sort(static (a, b) => a.Index.CompareTo(b.Index));
        foreach (var member in dirty)
        {
            if (member.Index < 0)
                continue;

            member.ClearDirty();
            _context.Work.Interleave();
            var head = member.Channel.ReadHead();
            var before = cut.Entries[member.Index];
            var change = new Change(member, before, new CutEntry(head.Epoch, head.Next, member.View(head)));
            if (head.IsRemoved)
                left.Add(change);
            else if (head.Epoch != before.Epoch || head.Next != before.Next || !change.To.View.IsSeenAs(before.View))
                changes.Add(change);
            isTorn |= head.Epoch != before.Epoch && !(member.Channel.EndOf(before.Epoch) >= before.Next);
            entries[member.Index] = change.To;
        }

        foreach (var change in left)
            _members.Leave(change.Member);
        var joined = Join(offered, left.Count > 0);
        var isReshaped = joined || left.Count > 0;
        entries = isReshaped ? _members.Arrange(entries) : entries;
        var errors = _members.Errors(entries, cut.Errors);
        WatchAwaited();
        var isComplete = !_isWaiting || _isOverdue;
        var isStale = _context.Registry.IsStale || (_isWaiting && _isOverdue);
        if (changes.Count == 0 && !isReshaped && ReferenceEquals(errors, cut.Errors) && isStale == cut.IsStale && isComplete == cut.IsComplete)
            return null;

        var next = new Cut
        {
            Number = cut.Number + 1,
            Members = isReshaped ? _members.ToArray() : cut.Members,
            Entries = entries,
            Errors = errors,
            IsStale = isStale,
            IsComplete = isComplete,
        };
        var itemHead = new ItemHead(ItemState.Streaming, ReferenceEquals(errors, cut.Errors) ? null : errors, isStale == cut.IsStale ? null : isStale);
        return new Tick(next, joined || isTorn ? null : Encode(changes, left, itemHead));
    }

    /// <summary>A past that does not come in time makes queries begin without it, and say that they are stale.</summary>
    private void WatchAwaited()
    {
        if (_members.IsAwaiting == _isWaiting)
            return;
        _isWaiting = _members.IsAwaiting;
        _isOverdue = false;
        _overdue.Change(_isWaiting ? _context.Options.PastTimeout : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void OnOverdue()
    {
        _isOverdue = true;
        OnStale();
    }

    private bool Join(List<Channel> offered, bool haveLeft)
    {
        var joined = false;
        foreach (var channel in offered)
            joined |= _members.Join(channel, isNew: true);
        if (!_members.IsOverLimit || !(haveLeft || offered.Exists(static channel => channel.ReadHead().IsRemoved)))
            return joined;

        // Channels that the limit kept out may fit now, or be gone.
        _members.ClearLimit();
        foreach (var channel in Scan())
            joined |= _members.Join(channel, channel.Number > _created);
        return joined;
    }

    /// <summary>The channels that targets select, in the order of their ids, so that which ones a limit keeps out is no accident.</summary>
    private IEnumerable<Channel> Scan() => _context.Registry.Channels.Where(channel => IsSelected(channel.Id)).OrderBy(channel => channel.Id.Text, StringComparer.Ordinal);

    /// <summary>The item for all, or null where rows of it were lost meanwhile: then each subscription is told in its own words.</summary>
    private SharedItem? Encode(List<Change> changes, List<Change> left, ItemHead itemHead)
    {
        if (!TryEncode(WireFormat.Json, changes, left, itemHead, out var json) || !TryEncode(WireFormat.MessagePack, changes, left, itemHead, out var messagePack))
            return null;
        return new SharedItem(json, messagePack, changes.Sum(change => change.To.Next - change.From.Next));
    }

    private bool TryEncode(WireFormat format, List<Change> changes, List<Change> left, ItemHead itemHead, out ReadOnlyMemory<byte>? bytes)
    {
        bytes = null;
        if (Volatile.Read(ref _readers[(int)format]) == 0)
            return true;

        var item = new ItemBuilder(format, _context.Bodies, _context.Metrics, changes.Count + left.Count);
        foreach (var (member, from, _) in left)
            item.AddRemoved(member.Target.RefId, member.Channel.Id.Text, from.Epoch, from.Next);
        foreach (var (member, from, to) in changes)
        {
            var head = new FrameHead(
                to.Epoch,
                FrameKind.Delta,
                OwedFrom: from.Next,
                WithSchema: !to.View.IsSeenAs(from.View),
                Keep: member.Channel.MemberCount > 1,
                Sample: member.Target.Sample,
                HeldEpoch: from.Epoch);
            _context.Work.Interleave();
            item.AddRows(member, from.Next, to.Next, to.View, head, out _);
        }

        bytes = item.IsBroken ? null : item.Build(itemHead);
        return !item.IsBroken;
    }

    private readonly record struct Change(Member Member, CutEntry From, CutEntry To);
}
