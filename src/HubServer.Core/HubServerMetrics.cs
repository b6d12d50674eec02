using System.Diagnostics.Metrics;
using System.Text.Json;

namespace HubServer.Core;

/// <summary>Every instrument of a node, and the totals behind them for its status.</summary>
public sealed class HubServerMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "HubServer";

    private readonly Meter _meter;
    private readonly Counter<long> _limitsReached;
    private readonly Counter<long> _channelsRemoved;
    private readonly Counter<long> _epochs;
    private readonly long[] _applied = new long[Enum.GetValues<ApplyResult>().Length];
    private readonly long[] _backplane = new long[Enum.GetValues<BackplaneEvent>().Length];
    private long _rowsIn;
    private long _rowsOut;
    private long _sharedItems;
    private long _privateItems;
    private long _lapped;
    private long _queries;
    private long _connections;
    private long _calls;
    private long _refusedRows;
    private long _bodiesEncoded;
    private long _bodiesReused;

    /// <summary>Creates the instruments.</summary>
    public HubServerMetrics(IMeterFactory? meters = null)
    {
        var meter = _meter = meters?.Create(MeterName) ?? new Meter(MeterName);
        meter.CreateObservableCounter("hubserver.rows.in", () => RowsIn, "{row}", "Rows that entered rings.");
        meter.CreateObservableCounter("hubserver.rows.out", () => RowsOut, "{row}", "Rows handed to subscriptions.");
        meter.CreateObservableCounter("hubserver.rows.refused", () => Volatile.Read(ref _refusedRows), "{row}", "Rows refused at ingest.");
        meter.CreateObservableCounter("hubserver.items.shared", () => SharedItems, "{item}", "Shared items handed to subscriptions.");
        meter.CreateObservableCounter("hubserver.items.private", () => PrivateItems, "{item}", "Private items built for one subscription.");
        meter.CreateObservableCounter("hubserver.subscription.lapped", () => Lapped, "{gap}", "Gaps sent since rows were gone before they could be sent.");
        meter.CreateObservableCounter("hubserver.bodies.encoded", () => Volatile.Read(ref _bodiesEncoded), "{body}", "Runs of rows encoded.");
        meter.CreateObservableCounter("hubserver.bodies.reused", () => Volatile.Read(ref _bodiesReused), "{body}", "Runs of rows taken from the cache.");
        meter.CreateObservableUpDownCounter("hubserver.queries", () => Queries, "{query}", "Running queries.");
        meter.CreateObservableUpDownCounter("hubserver.connections", () => Connections, "{connection}", "Connections of the hub.");
        meter.CreateObservableCounter("hubserver.publish.calls", () => Volatile.Read(ref _calls), "{call}", "Calls to the backplane; each takes the blocks that came in during the one before.");
        meter.CreateObservableCounter("hubserver.blocks", ObserveBlocks, "{block}", "Blocks delivered by the backplane, by what their channel did with them.");
        meter.CreateObservableCounter("hubserver.backplane.events", ObserveBackplane, "{event}", "What happens rarely between the node and its backplane, by event.");
        _limitsReached = meter.CreateCounter<long>("hubserver.limits.reached", "{refusal}", "What was refused since a limit would have been passed, by the option that sets the limit.");
        _epochs = meter.CreateCounter<long>("hubserver.epochs", "{epoch}", "Changes of a channel's epoch, by what became of its rows.");
        _channelsRemoved = meter.CreateCounter<long>("hubserver.channels.removed", "{channel}", "Channels that went away, by reason.");
    }

    /// <summary>Creates the instruments that a node answers: what it holds now, and the limits of that.</summary>
    internal void Observe(Node node, HubServerOptions options)
    {
        _meter.CreateObservableUpDownCounter("hubserver.channels", () => node.Registry.Count, "{channel}", "Channels.");
        _meter.CreateObservableUpDownCounter("hubserver.rings", () => node.Registry.Channels.Count(static channel => channel.IsFollowed), "{channel}", "Channels whose rows the node keeps.");
        _meter.CreateObservableGauge("hubserver.backplane.stale", () => node.Registry.IsStale ? 1 : 0, description: "1 while the node may be behind its backplane.");
        _meter.CreateObservableUpDownCounter("hubserver.rings.size", () => node.Registry.RingBytes.Taken, "By", "What all channels' rows take.");
        _meter.CreateObservableUpDownCounter("hubserver.bodies.size", () => node.CachedBytes, "By", "Encoded rows kept for further readers.");
        _meter.CreateObservableUpDownCounter("hubserver.feeds", () => node.Feeds, "{feed}", "Running feeds, each serving all queries that are alike.");
        _meter.CreateObservableUpDownCounter("hubserver.feeds.channels", () => node.FollowedChannels, "{channel}", "Channels that feeds follow, counted once for each target of each feed.");
        _meter.CreateObservableUpDownCounter("hubserver.queries.regexes", () => node.Regexes, "{regex}", "Different regular expressions of running queries.");
        _meter.CreateObservableUpDownCounter("hubserver.publish.pending", () => node.Ingest.PendingRows, "{row}", "Rows that wait for the backplane.");
        _meter.CreateObservableUpDownCounter("hubserver.publish.pending.size", () => node.Ingest.PendingBytes, "By", "About what those rows take.");

        // Beside what they limit, so that an alert can say how near a limit is without knowing the configuration.
        KeyValuePair<string, object?> Option(string name) => new("limit", name);
        Measurement<long>[] limits =
        [
            new(options.Channels.MaxChannels, Option("Channels:MaxChannels")),
            new(options.Channels.MaxTotalBytes, Option("Channels:MaxTotalBytes")),
            new(options.Publishing.MaxPendingBytes, Option("Publishing:MaxPendingBytes")),
            new(options.Queries.MaxRegexes, Option("Queries:MaxRegexes")),
            new(options.Queries.CacheBytes, Option("Queries:CacheBytes")),
        ];
        _meter.CreateObservableGauge("hubserver.limit", () => limits, description: "The limits of what a node holds, by option.");
    }

    /// <summary>Rows that entered rings.</summary>
    public long RowsIn => Volatile.Read(ref _rowsIn);

    /// <summary>Rows handed to subscriptions.</summary>
    public long RowsOut => Volatile.Read(ref _rowsOut);

    /// <summary>Shared items handed to subscriptions.</summary>
    public long SharedItems => Volatile.Read(ref _sharedItems);

    /// <summary>Private items built for one subscription.</summary>
    public long PrivateItems => Volatile.Read(ref _privateItems);

    /// <summary>Gaps sent since rows were gone before they could be sent.</summary>
    public long Lapped => Volatile.Read(ref _lapped);

    /// <summary>Running queries.</summary>
    public long Queries => Volatile.Read(ref _queries);

    /// <summary>Connections of the hub.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Runs of rows taken from the cache.</summary>
    public long BodiesReused => Volatile.Read(ref _bodiesReused);

    /// <summary>Blocks that a channel answered with this result.</summary>
    public long Applied(ApplyResult result) => Volatile.Read(ref _applied[(int)result]);

    /// <summary>Takes note of a connection that came or went.</summary>
    public void CountConnection(int change) => Interlocked.Add(ref _connections, change);

    /// <summary>Takes note of what was refused for a limit; of nothing where <paramref name="limit"/>, the option's name, is null.</summary>
    public void CountLimit(string? limit)
    {
        if (limit is not null)
            _limitsReached.Add(1, new KeyValuePair<string, object?>("limit", limit));
    }

    /// <summary>How often that happened.</summary>
    public long Backplane(BackplaneEvent what) => Volatile.Read(ref _backplane[(int)what]);

    /// <summary>Takes note of what happened between the node and its backplane.</summary>
    public void CountBackplane(BackplaneEvent what) => Interlocked.Increment(ref _backplane[(int)what]);

    internal void CountCall() => Interlocked.Increment(ref _calls);

    internal void CountRebase(RebaseResult result)
    {
        if (result != RebaseResult.Unchanged)
            _epochs.Add(1, new KeyValuePair<string, object?>("result", result switch { RebaseResult.Continued => "continued", RebaseResult.Reset => "reset", _ => "rolled_back" }));
    }

    internal void CountRemoved(string reason) => _channelsRemoved.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void CountApply(ApplyResult result, int rows)
    {
        Interlocked.Increment(ref _applied[(int)result]);
        Interlocked.Add(ref _rowsIn, rows);
    }

    internal void CountRefused(int rows) => Interlocked.Add(ref _refusedRows, rows);

    internal void CountShared(long rows)
    {
        Interlocked.Increment(ref _sharedItems);
        Interlocked.Add(ref _rowsOut, rows);
    }

    internal void CountPrivate(long rows)
    {
        Interlocked.Increment(ref _privateItems);
        Interlocked.Add(ref _rowsOut, rows);
    }

    internal void CountLapped() => Interlocked.Increment(ref _lapped);

    internal void CountBody(bool reused) => Interlocked.Increment(ref reused ? ref _bodiesReused : ref _bodiesEncoded);

    internal void CountQuery(int change) => Interlocked.Add(ref _queries, change);

    private IEnumerable<Measurement<long>> ObserveBlocks() => Enum.GetValues<ApplyResult>()
        .Select(result => new Measurement<long>(Applied(result), new KeyValuePair<string, object?>("result", ResultText(result))));

    private IEnumerable<Measurement<long>> ObserveBackplane() => Enum.GetValues<BackplaneEvent>()
        .Select(what => new Measurement<long>(Backplane(what), new KeyValuePair<string, object?>("event", JsonNamingPolicy.SnakeCaseLower.ConvertName(what.ToString()))));

    private static string ResultText(ApplyResult result) => JsonNamingPolicy.SnakeCaseLower.ConvertName(result.ToString());
}
