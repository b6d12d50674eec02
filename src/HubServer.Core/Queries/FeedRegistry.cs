namespace HubServer.Core;

/// <summary>The running feeds, and the grids on which they tick.</summary>
internal sealed class FeedRegistry(FeedContext context) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Feed> _feeds = new(StringComparer.Ordinal); // Used under _gate.
    private readonly Dictionary<int, TickGrid> _grids = []; // Used under _gate; an interval's stays, since the ladder is short.

    public int Count
    {
        get
        {
            lock (_gate)
                return _feeds.Count;
        }
    }

    /// <summary>The grids whose timer runs.</summary>
    public int ArmedGrids
    {
        get
        {
            lock (_gate)
                return _grids.Values.Count(grid => grid.IsArmed);
        }
    }

    /// <summary>The channels that some feed follows, counted once for each target of each feed.</summary>
    public int FollowedChannels
    {
        get
        {
            lock (_gate)
                return _feeds.Values.Sum(feed => feed.MemberCount);
        }
    }

    /// <summary>Finds or starts the feed of a query; <see cref="Release"/> gives it back.</summary>
    public Feed Acquire(QueryPlan plan)
    {
        Feed? feed;
        lock (_gate)
        {
            if (!_feeds.TryGetValue(plan.FeedKey, out feed))
                _feeds.Add(plan.FeedKey, feed = new Feed(plan, plan.IntervalMs == 0 ? null : FindGrid(plan.IntervalMs), context));
            feed.Holders++;
        }

        // Outside the lock, since it looks at every channel: other queries open and close meanwhile.
        feed.Start();
        return feed;
    }

    public void Release(Feed feed)
    {
        lock (_gate)
        {
            if (--feed.Holders > 0)
                return;
            _feeds.Remove(feed.Key);
        }

        feed.Close();
    }

    /// <summary>The grid of an interval.</summary>
    public TickGrid Grid(int intervalMs)
    {
        lock (_gate)
            return FindGrid(intervalMs);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var grid in _grids.Values)
                grid.Dispose();
        }
    }

    private TickGrid FindGrid(int intervalMs)
    {
        if (!_grids.TryGetValue(intervalMs, out var grid))
            _grids.Add(intervalMs, grid = new TickGrid(TimeSpan.FromMilliseconds(intervalMs), context.Time, context.Work));
        return grid;
    }
}
