using System.Globalization;
using System.Net;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;

namespace HubServer.Client.Tests.Cluster;

/// <summary>Clients before three nodes on one Redis, behind a proxy that sends each connection to whichever node it likes.</summary>
[Collection(nameof(Alone))]
public sealed class ClusterTests : IAsyncLifetime
{
    private const int Channels = 4;
    private const int Queries = 50;
    private static readonly TimeSpan Cap = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(1);
    private readonly List<NodeProcess> _nodes = [];
    private readonly int[] _written = new int[Channels];
    private RedisServer? _redis;
    private FaultProxy? _proxy;

    private FaultProxy Proxy => _proxy ?? throw new InvalidOperationException("it is started first");

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            _nodes.Add(await NodeProcess.StartAsync(new Dictionary<string, string>
            {
                ["HubServer__Node"] = $"node-{i}",
                ["HubServer__Sources__Host__Enabled"] = "false",
                ["HubServer__Channels__Capacity"] = "100000",
                ["HubServer__Backplane__Redis__ConnectionString"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_redis.Port}"),
            }));
        }

        foreach (var node in _nodes)
            await Wait.Eventually(async () => (await node.ReadyAsync()).Status == HttpStatusCode.OK, "the node is ready", () => node.Output);
        _proxy = FaultProxy.Start("127.0.0.1", _nodes[0].Url.Port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Queries_WhileNodesAreSwitchedAndKilled_AllHoldExactlyWhatWasWritten()
    {
        const int rounds = 200;
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{Proxy.Port}"), options => options.MaxRetryDelay = Cap);
        await using var publisher = Clients.Of(new Uri($"http://127.0.0.1:{Proxy.Port}"), options => options.MaxRetryDelay = Cap);
        await using var writer = publisher.CreateRowWriter(new RowWriterOptions { FlushInterval = TimeSpan.FromMilliseconds(5) });
        await WriteAsync(writer);
        var watchers = new List<Watcher>();
        for (var i = 0; i < Queries; i++)
            watchers.Add(await Watcher.LiveAsync(client, Clients.Query($"c{i % Channels}")));

        var recoveries = new List<TimeSpan>();
        for (var round = 0; round < rounds; round++)
        {
            var isKilled = await DisturbAsync(round);
            var started = TimeProvider.System.GetTimestamp();
            await WriteAsync(writer);
            var i = round % Queries;
            await watchers[i].EventuallyAsync(() => watchers[i].Held($"c{i % Channels}").Next == _written[i % Channels], "the query has what was written", Patience);
            if (!isKilled)
                recoveries.Add(TimeProvider.System.GetElapsedTime(started));
        }

        for (var i = 0; i < Queries; i++)
        {
            var held = watchers[i].Held($"c{i % Channels}");
            await watchers[i].EventuallyAsync(() => held.Next == _written[i % Channels], "every query has every row", Patience);
            Assert.Equal(Clients.Numbers(0, _written[i % Channels]), held.Values);
            Assert.Empty(held.Gaps);
            await watchers[i].DisposeAsync();
        }

        recoveries.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"{recoveries.Count} recoveries: p50 {recoveries[recoveries.Count / 2].TotalMilliseconds:0}, p99 {recoveries[recoveries.Count * 99 / 100].TotalMilliseconds:0} ms, with a cap of {Cap.TotalMilliseconds} ms");
        foreach (var node in _nodes)
            await Wait.Eventually(async () => (await node.StatusAsync()).RootElement.GetProperty("queries").GetInt64() == 0, "nothing is left");
    }

    /// <summary>Switches to another node, and cuts what is open or, now and then, kills the node that was in use.</summary>
    private async Task<bool> DisturbAsync(int round)
    {
        var from = _nodes.FindIndex(node => Proxy.Target is DnsEndPoint target && target.Port == node.Url.Port);
        var to = (from + _random.Next(1, _nodes.Count)) % _nodes.Count;
        Proxy.Target = new DnsEndPoint("127.0.0.1", _nodes[to].Url.Port);
        if (round % 40 != 20)
        {
            Proxy.DropConnections();
            return false;
        }

        await _nodes[from].KillAsync();
        await _nodes[from].RestartAsync();
        return true;
    }

    private async Task WriteAsync(RowWriter writer)
    {
        for (var row = 0; row < 5; row++)
        {
            for (var channel = 0; channel < Channels; channel++)
                await writer.WriteAsync($"c{channel}", [new("value", _written[channel]++)]);
        }

        await writer.FlushAsync();
    }
}
