using System.Globalization;
using HubServer.Core;
using HubServer.Fixtures;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>One Redis for the tests of a class, each with keys of its own; what a test starts ends with it.</summary>
public abstract class RedisFixture : IClassFixture<RedisFixture.Shared>, IAsyncLifetime
{
    private static int _tests;

    private readonly Shared _shared;
    private readonly List<IAsyncDisposable> _owned = [];

    protected RedisFixture(Shared shared)
    {
        _shared = shared;
        Prefix = string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref _tests)}");
    }

    protected string Prefix { get; }

    protected RedisServer Server => _shared.Server;

    /// <summary>The commands, without a node between.</summary>
    protected IDatabase Redis => _shared.Connection.GetDatabase();

    protected ISubscriber Messages => _shared.Connection.GetSubscriber();

    /// <summary>A key of the only partition.</summary>
    protected string Key(string name) => $"{Prefix}:{{p00}}:{name}";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            await _owned[i].DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<RedisNode> StartNodeAsync(FaultProxy? link = null, Action<HubServerOptions>? configure = null, FakeTimeProvider? clock = null) =>
        Own(await RedisNode.StartAsync(link?.Port ?? Server.Port, Prefix, configure, clock));

    private protected RedisNode OpenNode(FaultProxy? link = null, Action<HubServerOptions>? configure = null, FakeTimeProvider? clock = null) =>
        Own(RedisNode.Open(link?.Port ?? Server.Port, Prefix, configure, clock));

    private protected async Task<Chart> OpenChartAsync(RedisNode node, string selector, params Protocol.Resume[] resume) => Own(await Chart.OpenAsync(node, selector, resume));

    /// <summary>Two nodes that do nothing by themselves, the second behind a link, where a chart shows the channel <c>x</c> with one row, 0.</summary>
    private protected async Task<(FaultProxy Link, RedisNode A, RedisNode B, Chart Chart)> StartChartBehindALinkAsync(FakeTimeProvider? clock = null)
    {
        var link = OpenLink();
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(link, clock: clock ?? new FakeTimeProvider());
        await a.PublishAsync("x", 0);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        return (link, a, b, await OpenChartAsync(b, "x"));
    }

    /// <summary>Ends, once it was awaited, when nodes have been asked for all of these channels.</summary>
    protected async Task<Task> AskedForAsync(params string[] channels)
    {
        var waiting = new HashSet<string>(channels);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (await Messages.SubscribeAsync(RedisChannel.Literal(Key("m")))).OnMessage(message =>
        {
            if (PartitionMessage.Read((byte[])message.Message!)?.Wanted is { } wanted && waiting.Remove(wanted) && waiting.Count == 0)
                asked.TrySetResult();
        });
        return asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    protected FaultProxy OpenLink() => Own(FaultProxy.Start("127.0.0.1", Server.Port));

    /// <summary>Loses everything that Redis has, as an operator may.</summary>
    protected Task FlushAsync() => Server.ExecuteAsync("FLUSHALL");

    protected T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>The Redis.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        public RedisServer Server { get; private set; } = null!;

        public ConnectionMultiplexer Connection { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await RedisServer.StartAsync();
            Connection = await Server.ConnectAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Connection.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
