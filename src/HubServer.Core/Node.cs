using System.Reflection;
using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Core;

/// <summary>One server process: everything from rows coming in to streams going out, wired together.</summary>
public sealed class Node : IDisposable
{
    private static readonly string Version =
        typeof(Node).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private readonly HubServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IBackplane _backplane;
    private readonly FeedContext _context;
    private readonly FeedRegistry _feeds;
    private readonly RetentionSweep _sweep;
    private readonly ChannelRules _rules;
    private readonly RegexPool _regexes;
    private readonly long _started;

    /// <summary>Starts a node.</summary>
    /// <param name="options">Its limits and defaults, validated.</param>
    /// <param name="backplane">Where rows get their order.</param>
    /// <param name="metrics">Its instruments.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="work">Where its work runs.</param>
    /// <param name="logger">Its log.</param>
    public Node(HubServerOptions options, IBackplane backplane, HubServerMetrics metrics, TimeProvider time, WorkPool work, ILogger<Node> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _backplane = backplane;
        _started = time.GetTimestamp();

        _rules = new ChannelRules(options.Channels);
        Registry = new ChannelRegistry(_rules, time, metrics);
        Ingest = new Ingest(Registry, _rules, backplane, options, time, metrics, work, logger);
        _context = new FeedContext(Registry, backplane, new FrameBodies(options.Queries, time, metrics), new PrivateItemQueue(work), options.Queries, time, work, metrics);
        _feeds = new FeedRegistry(_context);
        _regexes = new RegexPool(options.Queries.MaxRegexes);
        backplane.Start(Registry);
        _sweep = new RetentionSweep(Registry, backplane, _rules.ShortestRetention, time, metrics, logger);
        metrics.Observe(this, options);
    }

    /// <summary>The way in for rows.</summary>
    public Ingest Ingest { get; }

    /// <summary>The channels.</summary>
    public ChannelRegistry Registry { get; }

    /// <summary>The running feeds.</summary>
    internal int Feeds => _feeds.Count;

    /// <summary>The channels that feeds follow, counted once for each target of each feed.</summary>
    internal int FollowedChannels => _feeds.FollowedChannels;

    /// <summary>The different regular expressions of running queries.</summary>
    internal int Regexes => _regexes.Count;

    /// <summary>What the encoded rows take that are kept for further readers.</summary>
    internal long CachedBytes => _context.Bodies.Bytes;

    /// <summary>Opens a query; it runs while its stream is enumerated.</summary>
    /// <exception cref="ProtocolException">The request is wrong; the text names the place.</exception>
    public Subscription Query(QueryRequest request, WireFormat format) => Open(Plan(request), format);

    /// <summary>
    /// The same for a request from elsewhere: regular expressions are compiled in turn with others', and the backplane is
    /// asked about the channels in which the client resumes ahead of this node.
    /// </summary>
    /// <exception cref="ProtocolException">The request is wrong; the text names the place.</exception>
    public async ValueTask<Subscription> QueryAsync(QueryRequest request, WireFormat format, CancellationToken cancellationToken)
    {
        var plan = QueryPlan.MayCompile(request) ? await _regexes.InTurnAsync(() => Plan(request), cancellationToken) : Plan(request);
        try
        {
            if (plan.ChannelsAhead(Registry) is { Length: > 0 } ahead)
                await _backplane.CatchUpAsync(ahead, cancellationToken);
            return Open(plan, format);
        }
        catch
        {
            plan.Regexes.Dispose();
            throw;
        }
    }

    /// <summary>A page of channels, sorted by id.</summary>
    /// <exception cref="ProtocolException">The request is wrong.</exception>
    public ChannelList List(ListRequest request)
    {
        using var regexes = NewLease();
        return List(request, SelectorOf(request, regexes));
    }

    /// <summary>The same for a request from elsewhere: regular expressions are compiled in turn with others'.</summary>
    /// <exception cref="ProtocolException">The request is wrong.</exception>
    public async ValueTask<ChannelList> ListAsync(ListRequest request, CancellationToken cancellationToken)
    {
        using var regexes = NewLease();
        return List(request, QueryPlan.MayCompile(request.Selector)
            ? await _regexes.InTurnAsync(() => SelectorOf(request, regexes), cancellationToken)
            : SelectorOf(request, regexes));
    }

    /// <summary>Gives a channel settings of its own, in place of those that it had; one that is not there comes into being.</summary>
    /// <returns>What holds for the channel now, with all of its fields.</returns>
    /// <exception cref="ProtocolException">The settings contradict the channel's schema or pass a limit.</exception>
    public async ValueTask<ChannelSettings> ConfigureAsync(ChannelId id, ChannelSettings settings, CancellationToken cancellationToken = default)
    {
        await Ingest.ConfigureAsync(id, settings, cancellationToken);
        _sweep.Hurry(settings.RetentionMs);
        return Settings(id);
    }

    /// <summary>What holds for a channel, of its own or by the configuration, with all of its fields.</summary>
    /// <exception cref="ProtocolException">There is no such channel.</exception>
    public ChannelSettings Settings(ChannelId id)
    {
        var head = Require(id).ReadHead();
        return new ChannelSettings
        {
            Fields = [.. head.Schema.Fields.Select(RowField.Of)],
            Capacity = head.Limits.Capacity,
            CapacityMs = head.Limits.CapacityMs,
            RetentionMs = head.Limits.Retention.TotalMilliseconds,
        };
    }

    /// <summary>Removes a channel with its rows and its settings; its next row begins another one.</summary>
    /// <exception cref="ProtocolException">There is no such channel.</exception>
    public async ValueTask RemoveAsync(ChannelId id, CancellationToken cancellationToken = default)
    {
        if (await _backplane.RemoveAsync(id, Require(id).Epoch, next: null, cancellationToken))
            _context.Metrics.CountRemoved("deleted");
    }

    /// <summary>One channel's past in one frame, thinned beyond <paramref name="maxDataPoints"/> rows.</summary>
    /// <param name="id">The channel.</param>
    /// <param name="rows">The newest rows wanted; null for all kept.</param>
    /// <param name="from">The first moment wanted, in milliseconds since 1970.</param>
    /// <param name="maxDataPoints">The most rows returned; null for all wanted.</param>
    /// <param name="cancellationToken">Gives up waiting for the backplane.</param>
    /// <exception cref="ProtocolException">There is no such channel, a limit would be passed, or the backplane does not give the rows.</exception>
    public async ValueTask<Frame> SnapshotAsync(ChannelId id, int? rows, double? from, int? maxDataPoints, CancellationToken cancellationToken = default)
    {
        QueryPlan.RequireDataPoints(maxDataPoints, _options.Queries);
        var channel = Require(id);
        channel.Hold();
        try
        {
            _backplane.Follow(channel);
            await channel.WhenFollowed().WaitAsync(_options.Queries.PastTimeout, _time, cancellationToken);
            return Snapshot(channel, rows, from, maxDataPoints);
        }
        catch (TimeoutException)
        {
            throw new ProtocolException(ErrorCode.BackplaneUnavailable, $"the backplane did not give the rows of channel '{id}' within {_options.Queries.PastTimeout.TotalSeconds} s; try again");
        }
        finally
        {
            channel.Release();
        }
    }

    private RegexLease NewLease() => new(_regexes, _options.Queries.MaxRegexesPerQuery);

    private QueryPlan Plan(QueryRequest request)
    {
        var regexes = NewLease();
        try
        {
            return QueryPlan.From(request, _options.Queries, Now(), regexes);
        }
        catch
        {
            regexes.Dispose();
            throw;
        }
    }

    private Subscription Open(QueryPlan plan, WireFormat format) =>
        new(plan, format, _feeds, new ServerInfo(Version, _options.Node, Now()), _context, _logger);

    private Selector? SelectorOf(ListRequest request, RegexLease regexes)
    {
        QueryPlan.RequireBetween(request.Limit, _options.Queries.MaxListLimit, "limit", nameof(QueryOptions.MaxListLimit));
        QueryPlan.RequireLength(request.Selector ?? "", "selector", _options.Queries.MaxSelectorLength, nameof(QueryOptions.MaxSelectorLength));
        return request.Selector is { Length: > 0 } text ? Selector.Parse(text, _options.Queries, regexes) : null;
    }

    private ChannelList List(ListRequest request, Selector? selector)
    {
        var page = FirstPage(Registry.Channels.Where(channel =>
            (request.After is null || string.CompareOrdinal(channel.Id.Text, request.After) > 0) && (selector is null || selector.Matches(channel.Id))), request.Limit + 1);
        return new ChannelList([.. page.Take(request.Limit).Select(channel => channel.Describe())], page.Length > request.Limit);
    }

    private static Frame Snapshot(Channel channel, int? rows, double? from, int? maxDataPoints)
    {
        var id = channel.Id;
        var head = channel.ReadHead();
        var view = View.Of(new TargetPlan("A", Selector.Exactly(id), null, SampleMode.All), channel, head);
        var (first, last) = channel.FindPast(head.Epoch, head.Next, rows, from, to: null);
        var run = channel.Read(head.Epoch, first, last, view);
        var (columns, count) = (run.Columns, run.Count);
        var isThinned = count > maxDataPoints;
        if (isThinned)
        {
            var picked = Sampler.MinMax(columns, view.Types, count, maxDataPoints ?? count);
            columns = Array.ConvertAll(columns, column => column.Pick(picked));
        }

        return new Frame
        {
            RefId = "A",
            Channel = id.Text,
            Kind = FrameKind.Snapshot,
            Epoch = head.Epoch,
            Offset = run.Start,
            Count = count,
            Sampled = isThinned ? "minmax" : null,
            Schema = view.FrameSchema,
            Data = columns,
        };
    }

    /// <summary>How its backplane is.</summary>
    public BackplaneStatus Backplane => _backplane.Status;

    /// <summary>The node's state now.</summary>
    public NodeStatus Status() => new(
        _options.Node,
        Version,
        Math.Round(_time.GetElapsedTime(_started).TotalSeconds, 3),
        Registry.Count,
        _context.Metrics.Connections,
        _context.Metrics.Queries,
        _feeds.Count,
        _feeds.FollowedChannels,
        _feeds.ArmedGrids,
        _context.Metrics.RowsIn,
        _context.Metrics.RowsOut,
        _context.Metrics.SharedItems,
        _context.Metrics.PrivateItems,
        _context.Metrics.Lapped,
        Ingest.PendingRows,
        Ingest.PendingBytes,
        Registry.RingBytes.Taken,
        CachedBytes,
        GC.GetTotalMemory(forceFullCollection: false),
        Registry.IsStale,
        _backplane.Status);

    /// <summary>Stops the node's timers.</summary>
    public void Dispose()
    {
        _sweep.Dispose();
        _feeds.Dispose();
        _regexes.Dispose();
    }

    /// <summary>The first channels in the order of their ids. Sorting all of many channels for each page would take longer than the rest.</summary>
    private static Channel[] FirstPage(IEnumerable<Channel> channels, int count)
    {
        var page = new PriorityQueue<Channel, string>(Comparer<string>.Create(static (a, b) => string.CompareOrdinal(b, a)));
        foreach (var channel in channels)
        {
            if (page.Count < count)
                page.Enqueue(channel, channel.Id.Text);
            else if (string.CompareOrdinal(channel.Id.Text, page.Peek().Id.Text) < 0)
                page.EnqueueDequeue(channel, channel.Id.Text);
        }

        var sorted = new Channel[page.Count];
        for (var i = sorted.Length - 1; i >= 0; i--)
            sorted[i] = page.Dequeue();
        return sorted;
    }

    private Channel Require(ChannelId id)
    {
        // Read before the channel is looked for: one that arrives in between, as the last that the node lacked, is not denied.
        var isStale = Registry.IsStale;
        if (Registry.Find(id) is { } channel)
            return channel;
        throw isStale
            ? new ProtocolException(ErrorCode.BackplaneUnavailable, $"channel '{id}' is not known here, and this node is behind its backplane; ask again, or another node")
            : new ProtocolException(ErrorCode.NotFound, $"there is no channel '{id}'; it comes into being with its first row");
    }

    private double Now() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
}
