using System.Globalization;
using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>
/// A node over Redis within the test's process; several on one Redis are a cluster. One with a clock of its own does
/// nothing by itself before the test moves that: it sends no ticks, and waits for as long as the test likes.
/// </summary>
internal sealed class RedisNode : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider? _clock;
    private readonly RedisBackplane _backplane;

    private RedisNode(HubServerOptions options, FakeTimeProvider? clock)
    {
        var time = clock ?? TimeProvider.System;
        _clock = clock;
        Metrics = new HubServerMetrics();
        _backplane = new RedisBackplane(options, Metrics, time, NullLogger<RedisBackplane>.Instance);
        Node = new Node(options, _backplane, Metrics, time, new WorkPool(), NullLogger<Node>.Instance);
    }

    public Node Node { get; }

    public HubServerMetrics Metrics { get; }

    public ChannelRegistry Registry => Node.Registry;

    public BackplaneStatus Status => _backplane.Status;

    public IBackplane Backplane => _backplane;

    /// <summary>Starts a node that may never become ready.</summary>
    /// <param name="port">Where Redis is, or a proxy before it.</param>
    /// <param name="prefix">What the deployment's keys begin with; each test has its own.</param>
    /// <param name="configure">Changes its options.</param>
    /// <param name="clock">Its clock, where that is to stand still.</param>
    public static RedisNode Open(int port, string prefix, Action<HubServerOptions>? configure = null, FakeTimeProvider? clock = null)
    {
        var options = new HubServerOptions { Partitions = 1 };
        options.Backplane.Redis.ConnectionString = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        options.Backplane.Redis.Prefix = prefix;
        configure?.Invoke(options);
        return new RedisNode(options, clock);
    }

    /// <summary>Starts a node and waits until it is ready.</summary>
    public static async Task<RedisNode> StartAsync(int port, string prefix, Action<HubServerOptions>? configure = null, FakeTimeProvider? clock = null)
    {
        var node = Open(port, prefix, configure, clock);
        try
        {
            await node.ReadyAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public Task ReadyAsync() => UntilAsync(() => Status.IsReady, "the node is ready");

    /// <summary>Waits until it holds, while the node's own clock, if it has one, goes on.</summary>
    public Task UntilAsync(Func<bool> condition, string because) => Wait.Eventually(
        () =>
        {
            _clock?.Advance(Step);
            return condition();
        },
        because,
        () => $"{Status.Problem} {Describe()}");

    /// <summary>Publishes rows of one number.</summary>
    public async Task<PublishResult> PublishAsync(string channel, params double[] values)
    {
        var result = await Node.Ingest.PublishAsync(ChannelId.Parse(channel), new Rows([new RowField("v")], [new Column(values)]));
        Assert.True(result.Error is null, result.Error?.Message);
        return result;
    }

    /// <summary>The same, where it may be refused.</summary>
    public async Task<PublishResult> TryPublishAsync(string channel, params double[] values) =>
        await Node.Ingest.PublishAsync(ChannelId.Parse(channel), new Rows([new RowField("v")], [new Column(values)]));

    /// <summary>What a list says of a channel; null where it is not there.</summary>
    public ChannelInfo? Info(string channel) => Registry.Find(ChannelId.Parse(channel))?.Describe();

    public Channel Channel(string channel) => Registry.Find(ChannelId.Parse(channel)) ?? throw new InvalidOperationException($"there is no {channel}: {Describe()}");

    public bool Has(string channel, long next) => Registry.Find(ChannelId.Parse(channel))?.ReadHead().Next >= next;

    /// <summary>The rows that the node keeps of a channel; null where it keeps none.</summary>
    public IReadOnlyList<double>? Ring(string channel) => Registry.Find(ChannelId.Parse(channel))?.Copy()?.Columns[^1].Numbers.ToArray();

    /// <summary>The past of a channel, for which the node begins to keep its rows.</summary>
    public async Task<IReadOnlyList<double>> SnapshotAsync(string channel)
    {
        var data = (await Node.SnapshotAsync(ChannelId.Parse(channel), null, null, null)).Data;
        return data.Length == 0 ? [] : [.. data[^1].Numbers];
    }

    public Task RemoveAsync(string channel) => Node.RemoveAsync(ChannelId.Parse(channel)).AsTask();

    public long Count(BackplaneEvent what) => Metrics.Backplane(what);

    public async ValueTask DisposeAsync()
    {
        Node.Dispose();
        await _backplane.DisposeAsync();
    }

    private string Describe() => string.Join(", ", Registry.Channels.Select(channel => $"{channel.Id} {channel.Epoch}:{channel.ReadHead().Next} [{string.Join(' ', Ring(channel.Id.Text) ?? [])}]"));
}
