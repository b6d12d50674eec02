using System.Threading.Tasks.Sources;
using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Core;

/// <summary>
/// One client's query, as a stream. Holds a Cut and never an item: when asked for the next item it takes the feed's
/// shared one if it stands where that starts, else one built for it alone. Nothing is queued for a client that does
/// not ask.
/// </summary>
/// <remarks>
/// One consumer enumerates once, awaiting each step; the stream's own continuation may run inside a wake-up. The
/// steps allocate nothing, since the subscription is its own enumerator and task source.
/// </remarks>
public sealed partial class Subscription : IAsyncEnumerable<StreamItem>, IAsyncEnumerator<StreamItem>, IValueTaskSource<bool>, IThreadPoolWorkItem
{
    private readonly QueryPlan _plan;
    private readonly FeedContext _context;
    private readonly FeedRegistry _feeds;
    private readonly ServerInfo _server;
    private readonly ILogger _logger;
    private readonly LapPolicy _laps = new();
    private ManualResetValueTaskSourceCore<bool> _step;
    private CancellationTokenRegistration _cancellation;
    private Feed? _feed;

    // Used by whoever owns the step:
    private Cut? _cut; // Where the client stands.
    private Cut? _seen; // The feed's Cut that was looked at last; differs from _cut where the client is ahead of it.
    private PrivateRun? _run; // What the client is still owed up to a Cut.
    private StreamItem? _current;
    private ItemState _state = ItemState.Loading; // The next item's.
    private bool _isFirst = true; // Whether the next item is.
    private bool _mustSay = true; // Whether the next item goes out even with nothing in it.
    private bool _isEnded;

    private int _owner = Owner.Consumer; // Changed by Interlocked; says who may complete the step.
    private volatile bool _isCancelled;

    internal Subscription(QueryPlan plan, WireFormat format, FeedRegistry feeds, ServerInfo server, FeedContext context, ILogger logger)
    {
        _plan = plan;
        Format = format;
        _feeds = feeds;
        _server = server;
        _context = context;
        _logger = logger;
    }

    /// <summary>The encoding that the client reads.</summary>
    public WireFormat Format { get; }

    /// <summary>Called once when the stream ends, however it ends.</summary>
    public Action? Ended { get; set; }

    /// <summary>The item of the step before.</summary>
    public StreamItem Current => _current ?? throw new InvalidOperationException("no item was taken yet");

    /// <summary>Whether the client stands ahead of its feed in some channel, so that it takes no shared item for now.</summary>
    internal bool IsAhead => _cut?.Number == Cut.Private;

    private Feed Feed => _feed ?? throw new InvalidOperationException("the subscription is not being enumerated");

    /// <summary>Starts the stream. A subscription is enumerated once.</summary>
    public IAsyncEnumerator<StreamItem> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (_feed is not null)
            throw new InvalidOperationException("a subscription is enumerated once");

        _feed = _feeds.Acquire(_plan);
        _feed.Add(this);
        _context.Metrics.CountQuery(1);
        _cancellation = cancellationToken.UnsafeRegister(static state => ((Subscription)state!).Cancel(), this);
        return this;
    }

    /// <summary>Waits for the next item; false at the end.</summary>
    public ValueTask<bool> MoveNextAsync()
    {
        _current = null;
        if (_isCancelled || _isEnded)
            return ValueTask.FromResult(false);
        if (TryTakeShared())
            return ValueTask.FromResult(true);

        _step.Reset();
        var step = new ValueTask<bool>(this, _step.Version);
        if (_mustSay || _run is not null)
            BuildSoon();
        else
            WaitForChange();
        return step;
    }

    /// <summary>Ends the stream and lets go of the feed.</summary>
    public ValueTask DisposeAsync()
    {
        if (_feed is not { } feed || Interlocked.Exchange(ref _owner, Owner.Nobody) == Owner.Nobody)
            return ValueTask.CompletedTask;

        _cancellation.Unregister();
        feed.Remove(this);
        _feeds.Release(feed);
        _feeds.Grid(SlowIntervalMs).Unschedule(this);
        _plan.Regexes.Dispose();
        _run = null;
        _context.Metrics.CountQuery(-1);
        Ended?.Invoke();
        return ValueTask.CompletedTask;
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _step.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _step.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _step.OnCompleted(continuation, state, token, flags);

    /// <summary>Says that the feed has a newer Cut.</summary>
    internal void Wake()
    {
        var next = _laps.IsSlow && !_isCancelled ? Owner.Grid : Owner.Producer;
        if (Interlocked.CompareExchange(ref _owner, next, Owner.Change) != Owner.Change)
            return;
        if (next == Owner.Grid)
            _feeds.Grid(SlowIntervalMs).Schedule(this);
        else
            Produce();
    }

    /// <summary>The slower grid's tick, or the end of a wait that was cancelled.</summary>
    public void Execute()
    {
        if (Interlocked.CompareExchange(ref _owner, Owner.Producer, Owner.Grid) == Owner.Grid)
            Produce();
        else if (_isCancelled)
            Wake();
    }

    /// <summary>Builds the next item from the subscription's own positions, and completes the step with it.</summary>
    internal void BuildPrivateItem()
    {
        try
        {
            if (_isCancelled)
                Complete(false);
            else if (TryBuild())
                Complete(true);
            else
                WaitForChange();
        }
        catch (Exception failure)
        {
            Log.Failed(_logger, failure);
            _isEnded = true;
            Volatile.Write(ref _owner, Owner.Consumer);
            _step.SetException(failure);
        }
    }

    private int SlowIntervalMs => 2 * Math.Max(20, _plan.IntervalMs);

    private void Cancel()
    {
        _isCancelled = true;

        // Either the wait that begins now sees the mark, or this sees the wait: neither may read before it has written.
        Interlocked.MemoryBarrier();

        // Runs on the connection's receive loop, which must not run the end of the stream.
        if (Volatile.Read(ref _owner) is Owner.Change or Owner.Grid)
            _context.Work.Post(this);
    }

    private void WaitForChange()
    {
        Interlocked.Exchange(ref _owner, Owner.Change);

        // A Cut that was published before the exchange woke nobody: it is looked for here.
        if (_seen != Feed.Newest || _isCancelled)
            Wake();
    }

    private void BuildSoon()
    {
        Interlocked.Exchange(ref _owner, Owner.Producer);
        _context.PrivateItems.Enqueue(this);
    }

    private void Produce()
    {
        if (_isCancelled)
            Complete(false);
        else if (TryTakeShared())
            Complete(true);
        else if (_seen == Feed.Newest)
            WaitForChange(); // A wake-up that finds nothing must not end the wait.
        else
            _context.PrivateItems.Enqueue(this);
    }

    private bool TryTakeShared()
    {
        if (_cut is null || _run is not null || _state != ItemState.Streaming || _laps.IsSlow)
            return false;

        var (newest, shared) = Feed.Latest;
        if (shared is null || newest.Number != _cut.Number + 1 || !shared.Has(Format))
            return false;

        (_cut, _seen, _current, _mustSay) = (newest, newest, shared, false);
        _laps.Count(lapped: false);
        _context.Metrics.CountShared(shared.Rows);
        return true;
    }

    /// <summary>Builds the next private item; false where there is nothing to say.</summary>
    private bool TryBuild()
    {
        // The past is complete before anything that came since: a run of its own may begin in the next item.
        if (_mustSay && _state == ItemState.Streaming)
        {
            _mustSay = false;
            SetCurrent(NewItem(), new ItemHead(ItemState.Streaming));
            return true;
        }

        if (_state == ItemState.Done)
        {
            SetCurrent(NewItem(), new ItemHead(ItemState.Done));
            return _isEnded = true;
        }

        if (_run is null)
        {
            // The first Cut is one with every past; until then there is nothing to show.
            var newest = Feed.Newest;
            if (_cut is null && !newest.IsComplete)
            {
                _seen = newest;
                return false;
            }

            _run = new PrivateRun(_cut, newest, _plan.Shape, _plan.Resume, _context);
        }

        var item = NewItem();
        _run.Fill(item);
        var (state, mustSay) = (_state, _mustSay);
        _mustSay = false;
        var stale = _run.IsFinished ? _run.ChangedStale : null;
        var errors = _run.IsFinished ? FinishRun(_run) : null;
        if (item.IsEmpty && errors is null && stale is null && !mustSay)
            return _mustSay && TryBuild(); // The past may end with nothing more to send; the next item says so.

        SetCurrent(item, new ItemHead(state, errors, stale, _isFirst ? _server : null));
        _isFirst = false;
        return true;
    }

    /// <summary>Takes the run's Cut; returns the errors to send, where they changed.</summary>
    private IReadOnlyList<ItemError>? FinishRun(PrivateRun run)
    {
        (_cut, _seen, _run) = (run.Result, run.Target, null);
        if (_state == ItemState.Loading)
        {
            _state = _plan.Shape.To is null ? ItemState.Streaming : ItemState.Done;
            _mustSay = true;
            return run.ChangedErrors;
        }

        var errors = run.ChangedErrors;
        if (_laps.Count(run.HasLapped))
            errors ??= run.Target.Errors;
        return errors is not null && _laps.IsSlow ? [.. errors, LapPolicy.Error(SlowIntervalMs)] : errors;
    }

    private ItemBuilder NewItem() => new(Format, _context.Bodies, _context.Metrics);

    private void SetCurrent(ItemBuilder item, ItemHead head)
    {
        _current = new PrivateItem(Format, item.Build(head));
        _context.Metrics.CountPrivate(item.Rows);
    }

    private void Complete(bool hasItem)
    {
        _isEnded |= !hasItem;
        Volatile.Write(ref _owner, Owner.Consumer);
        _step.SetResult(hasItem);
    }

    private static class Owner
    {
        /// <summary>The consumer has an item, or is about to ask for the next.</summary>
        public const int Consumer = 0;

        /// <summary>The step waits for a newer Cut.</summary>
        public const int Change = 1;

        /// <summary>The step waits for the slower grid's tick.</summary>
        public const int Grid = 2;

        /// <summary>Someone makes the next item.</summary>
        public const int Producer = 3;

        /// <summary>The stream was disposed.</summary>
        public const int Nobody = 4;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A query's next item could not be built; the query ends", EventName = "ItemFailed")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
