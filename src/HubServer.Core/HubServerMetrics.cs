using System.Diagnostics.Metrics;

namespace HubServer.Core;

/// <summary>Every instrument of a node, and the totals behind them for its status.</summary>
public sealed class HubServerMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "HubServer";

    private readonly long[] _applied = new long[Enum.GetValues<ApplyResult>().Length];
    private long _rowsIn;
    private long _rowsOut;
    private long _sharedItems;
    private long _privateItems;
    private long _lapped;
    private long _queries;
    private long _refusedRows;
    private long _bodiesEncoded;
    private long _bodiesReused;

    /// <summary>Creates the instruments.</summary>
    public HubServerMetrics(IMeterFactory? meters = null)
    {
        var meter = meters?.Create(MeterName) ?? new Meter(MeterName);
        meter.CreateObservableCounter("hubserver.rows.in", () => RowsIn, "{row}", "Rows that entered rings.");
        meter.CreateObservableCounter("hubserver.rows.out", () => RowsOut, "{row}", "Rows handed to subscriptions.");
        meter.CreateObservableCounter("hubserver.rows.refused", () => Volatile.Read(ref _refusedRows), "{row}", "Rows refused at ingest.");
        meter.CreateObservableCounter("hubserver.items.shared", () => SharedItems, "{item}", "Shared items handed to subscriptions.");
        meter.CreateObservableCounter("hubserver.items.private", () => PrivateItems, "{item}", "Private items built for one subscription.");
        meter.CreateObservableCounter("hubserver.subscription.lapped", () => Lapped, "{gap}", "Gaps sent since rows were gone before they could be sent.");
        meter.CreateObservableCounter("hubserver.bodies.encoded", () => Volatile.Read(ref _bodiesEncoded), "{body}", "Runs of rows encoded.");
        meter.CreateObservableCounter("hubserver.bodies.reused", () => Volatile.Read(ref _bodiesReused), "{body}", "Runs of rows taken from the cache.");
        meter.CreateObservableUpDownCounter("hubserver.queries", () => Queries, "{query}", "Running queries.");
        foreach (var result in Enum.GetValues<ApplyResult>())
        {
            var tag = new KeyValuePair<string, object?>("result", result.ToString().ToLowerInvariant());
            meter.CreateObservableCounter("hubserver.blocks." + tag.Value, () => Applied(result), "{block}", "Blocks delivered by the backplane.");
        }
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

    /// <summary>Runs of rows taken from the cache.</summary>
    public long BodiesReused => Volatile.Read(ref _bodiesReused);

    /// <summary>Blocks that a channel answered with this result.</summary>
    public long Applied(ApplyResult result) => Volatile.Read(ref _applied[(int)result]);

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
}
