using System.Globalization;
using System.Net;
using HubServer.Fixtures;

namespace HubServer.Client.Tests.Cluster;

/// <summary>Three nodes on one Redis, and the proxy behind which clients find one of them at a time.</summary>
internal sealed class ClientCluster : IAsyncDisposable
{
    private readonly RedisServer _redis;
    private readonly List<NodeProcess> _nodes = [];
    private FaultProxy? _proxy;
    private Task _restarting = Task.CompletedTask;
    private int _current;

    private ClientCluster(RedisServer redis) => _redis = redis;

    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>The clients' address.</summary>
    public Uri Url => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Proxy.Port}"));

    /// <summary>What the nodes printed.</summary>
    public string Output => string.Join('\n', _nodes.Select(node => node.Output));

    private FaultProxy Proxy => _proxy ?? throw new InvalidOperationException("it is started first");

    public static async Task<ClientCluster> StartAsync()
    {
        var cluster = new ClientCluster(await RedisServer.StartAsync());
        try
        {
            var starting = Enumerable.Range(0, 3).Select(i => NodeProcess.StartAsync(cluster.OptionsOf(i))).ToArray();
            foreach (var node in starting)
                cluster._nodes.Add(await node);
            foreach (var node in cluster._nodes)
                await ReadyAsync(node);
            cluster._proxy = FaultProxy.Start("127.0.0.1", cluster._nodes[0].Url.Port);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Disturbs every connection. A node that is killed is on its way back when this returns.</summary>
    public async Task DisturbAsync(DisturbanceKind kind, Random random)
    {
        var from = _current;
        if (kind != DisturbanceKind.Cut)
            _current = (from + random.Next(1, _nodes.Count)) % _nodes.Count;
        Proxy.Target = new DnsEndPoint("127.0.0.1", _nodes[_current].Url.Port);
        if (kind != DisturbanceKind.Kill)
        {
            Proxy.DropConnections();
            return;
        }

        await _nodes[from].KillAsync();
        _restarting = _nodes[from].RestartAsync();
    }

    /// <summary>Waits until every node may be given clients, as a balancer of load does that asks <c>/readyz</c>.</summary>
    public async Task RestoredAsync()
    {
        await _restarting;
        foreach (var node in _nodes)
            await ReadyAsync(node);
    }

    public async ValueTask DisposeAsync()
    {
        // A node that was about to come back would outlive the test.
        await _restarting.ContinueWith(static _ => { }, TaskScheduler.Default);
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static Task ReadyAsync(NodeProcess node) =>
        Wait.Eventually(async () => (await node.ReadyAsync()).Status == HttpStatusCode.OK, "the node is ready", () => node.Output);

    private Dictionary<string, string> OptionsOf(int i) => new()
    {
        ["HubServer__Node"] = string.Create(CultureInfo.InvariantCulture, $"node-{i}"),
        ["HubServer__Sources__Host__Enabled"] = "false",
        ["HubServer__Channels__Capacity"] = "100000",
        ["HubServer__Backplane__Redis__ConnectionString"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_redis.Port}"),
    };
}
