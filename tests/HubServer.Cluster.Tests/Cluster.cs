using System.Globalization;
using System.Net;
using HubServer.Fixtures;
using HubServer.History;
using HubServer.Protocol;

namespace HubServer.Cluster.Tests;

/// <summary>
/// Three nodes on one Redis, each with a proxy of its own before Redis and one before itself, and publishers and
/// subscribers whose history is written down.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    /// <summary>The channels, which are in different partitions.</summary>
    public static readonly string[] Channels = ["plant/a", "plant/b{line=\"1\"}", "plant/c", "plant/d"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"hubserver-{Guid.NewGuid():N}.jsonl");
    private readonly List<IAsyncDisposable> _owned = [];

    private Cluster() => Run = new HistoryRun(_path);

    public RedisServer Redis { get; private set; } = null!;

    /// <summary>The nodes' ways to Redis.</summary>
    public List<FaultProxy> RedisLinks { get; } = [];

    /// <summary>The way by which a replica follows; null where there is none.</summary>
    public FaultProxy? ReplicaLink { get; private set; }

    public List<NodeProcess> Nodes { get; } = [];

    /// <summary>The clients' ways to the nodes.</summary>
    public List<FaultProxy> ClientLinks { get; } = [];

    public HistoryRun Run { get; }

    /// <summary>Where clients find the nodes.</summary>
    public Uri[] Urls { get; private set; } = [];

    /// <summary>Starts everything but the clients.</summary>
    /// <param name="redisSettings">Of redis-server.</param>
    /// <param name="nodeOptions">Of every node, beside the connection.</param>
    /// <param name="connect">The connection string for a node's way to Redis; by default that alone.</param>
    /// <param name="replica">A second server, which follows the first from the start and ends with the cluster.</param>
    public static async Task<Cluster> StartAsync(string[]? redisSettings = null, Dictionary<string, string>? nodeOptions = null, Func<int, string>? connect = null, RedisServer? replica = null)
    {
        var cluster = new Cluster();
        try
        {
            cluster.Redis = cluster.Own(await RedisServer.StartAsync(redisSettings ?? []));
            if (replica is not null)
                await cluster.FollowAsync(cluster.Own(replica));
            for (var i = 0; i < 3; i++)
                cluster.RedisLinks.Add(cluster.Own(FaultProxy.Start("127.0.0.1", cluster.Redis.Port, i)));
            connect ??= port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
            var starting = Enumerable.Range(0, 3).Select(i => NodeProcess.StartAsync(OptionsOf(i, connect(cluster.RedisLinks[i].Port), nodeOptions))).ToArray();
            foreach (var node in starting)
                cluster.Nodes.Add(cluster.Own(await node));
            foreach (var node in cluster.Nodes)
            {
                await Wait.Eventually(async () => (await node.ReadyAsync()).Status == HttpStatusCode.OK, "the node is ready", () => node.Output);
                cluster.ClientLinks.Add(cluster.Own(FaultProxy.Start("127.0.0.1", node.Url.Port)));
            }

            cluster.Urls = [.. cluster.ClientLinks.Select(link => new Uri($"http://127.0.0.1:{link.Port}"))];
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Something that ends with the cluster, before what was there already.</summary>
    public T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>Three publishers and six subscribers, who find the nodes at these addresses, and have rows of every channel.</summary>
    public async Task PopulateAsync(double blocksPerSecond = 30, Uri[]? urls = null, int maxRows = 5, TimeSpan? serverTimeout = null, int firstBlocks = 0)
    {
        urls ??= Urls;
        for (var i = 0; i < 3; i++)
            Run.AddPublisher(new PublisherOptions { Id = $"p{i}", Urls = urls, Channels = Channels, BlocksPerSecond = blocksPerSecond, MaxRows = maxRows, OptionalFields = 2, Seed = i, RepeatOneIn = 7, AbandonOneIn = 9, Timeout = TimeSpan.FromSeconds(4) });
        for (var i = 0; i < 6; i++)
            Run.AddSubscriber(new SubscriberOptions { Id = $"s{i}", Urls = urls, Channels = Channels, Selector = i % 3 == 0 ? "plant/*" : null, Format = i % 2 == 0 ? WireFormat.Json : WireFormat.MessagePack, IntervalMs = i < 3 ? 0 : 20, Seed = i, ServerTimeout = serverTimeout ?? TimeSpan.FromSeconds(30) });
        foreach (var channel in Channels)
        {
            for (var i = 0; i < firstBlocks; i++)
                await Run.Publishers[i % 3].PublishAsync(channel, 2);
        }

        await Wait.Eventually(
            () => Run.Subscribers.All(subscriber => subscriber.State == ItemState.Streaming && Channels.All(channel => subscriber.ShownOf(channel) > 5)),
            "everybody has rows of all channels",
            () => string.Join('\n', [.. Run.Missing(), .. Nodes.Select(node => node.Output)]),
            Patience);
    }

    /// <summary>Waits until so many blocks more have been acknowledged.</summary>
    public async Task PublishedAsync(long blocks)
    {
        var target = Run.Acknowledged + blocks;
        await Wait.Eventually(() => Run.Acknowledged >= target, $"{blocks} blocks more are taken", () => string.Join('\n', [.. Run.Missing(), .. Nodes.Select(node => node.Output)]), Patience);
    }

    /// <summary>
    /// Waits until rows are published to every channel again, and everybody who is not away is live, is not stale, and has
    /// them.
    /// </summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> RecoveredAsync(TimeSpan bound)
    {
        var started = Run.Log.Now;
        var wanted = new Dictionary<string, Acknowledgement>();
        await Wait.Eventually(
            () => HasRecovered(started, wanted),
            "everybody is live again and has what is published",
            () => string.Join('\n', [.. Run.Missing(), .. Nodes.Select(node => node.Output)]),
            bound);
        return TimeSpan.FromMilliseconds(Run.Log.Now - started);
    }

    /// <summary>Ends publishing, waits until everybody has the last row, and checks the history.</summary>
    public async Task<HistoryReport> FinishAsync(AllowedLosses losses)
    {
        await Run.FinishPublishersAsync(Patience);
        await PublishLastAsync();
        await Wait.Eventually(() => Run.Missing().Count == 0, "everybody has the last row", () => string.Join('\n', [.. Run.Missing(), .. Nodes.Select(node => node.Output)]), Patience);
        var report = Run.Check(losses);
        if (!report.IsClean && Environment.GetEnvironmentVariable("HUBSERVER_KEEP_HISTORY") is { Length: > 0 } kept)
            File.Copy(_path, kept, overwrite: true);
        Assert.True(report.IsClean, $"{report}\n{string.Join('\n', Nodes.Select(node => node.Output))}");
        return report;
    }

    /// <summary>The sum over the nodes that run.</summary>
    public async Task<double> CountAsync(string name, params (string, string)[] labels)
    {
        var sum = 0d;
        foreach (var node in Nodes.Where(node => !node.HasEnded))
            sum += (await node.MetricsAsync()).Find(name, labels) ?? 0;
        return sum;
    }

    /// <summary>How often that happened on the nodes that run.</summary>
    public Task<double> EventsAsync(string what) => CountAsync("hubserver_backplane_events_total", ("event", what));

    public async ValueTask DisposeAsync()
    {
        await Run.DisposeAsync();
        for (var i = _owned.Count - 1; i >= 0; i--)
            await _owned[i].DisposeAsync();
        File.Delete(_path);
    }

    /// <summary>
    /// Publishes to every channel through every node. A block whose publisher hung up may still be on its way through the node
    /// that took it, and nobody can wait for it; one that is taken behind it ends that.
    /// </summary>
    private async Task PublishLastAsync()
    {
        for (var i = 0; i < Nodes.Count; i++)
        {
            if (Nodes[i].HasEnded)
                continue;
            var last = Run.AddPublisher(new PublisherOptions { Id = $"last{i}", Urls = [Nodes[i].Url], Channels = Channels, BlocksPerSecond = 0 });
            await Task.WhenAll(Channels.Select(channel => last.PublishAsync(channel, 1)));
            await last.FinishAsync(Patience);
        }
    }

    private async Task FollowAsync(RedisServer replica)
    {
        ReplicaLink = Own(FaultProxy.Start("127.0.0.1", Redis.Port));
        await replica.ReplicaOfAsync("127.0.0.1", ReplicaLink.Port);
        await Wait.Eventually(() => replica.IsReplicaInSyncAsync(Redis), "the replica follows");
    }

    private static Dictionary<string, string> OptionsOf(int i, string connection, Dictionary<string, string>? more) => new(more ?? [])
    {
        ["HubServer__Node"] = $"node-{i}",
        ["HubServer__Sources__Host__Enabled"] = "false",
        ["HubServer__Backplane__Redis__ConnectionString"] = connection,
    };

    private bool HasRecovered(double started, Dictionary<string, Acknowledgement> wanted)
    {
        foreach (var channel in Channels.Where(channel => !wanted.ContainsKey(channel)))
        {
            foreach (var publisher in Run.Publishers)
            {
                if (publisher.LastOf(channel) is { } last && last.At > started)
                    wanted[channel] = last;
            }
        }

        return wanted.Count == Channels.Length && Run.Subscribers.Where(subscriber => !subscriber.IsAway).All(subscriber =>
            subscriber.State == ItemState.Streaming && !subscriber.IsStale && Channels.All(channel => subscriber.Has(channel, wanted[channel].Next)));
    }
}
