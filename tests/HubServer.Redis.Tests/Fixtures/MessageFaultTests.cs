using HubServer.Fixtures;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Fixtures;

/// <summary>Single messages are lost, doubled and reordered on connections that stay whole.</summary>
public sealed class MessageFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private RedisServer _server = null!;
    private FaultProxy _pieces = null!;
    private FaultProxy _proxy = null!;

    public static TheoryData<RedisProtocol, int> Connections => new()
    {
        { RedisProtocol.Resp2, 0 },
        { RedisProtocol.Resp2, 3 },
        { RedisProtocol.Resp3, 0 },
        { RedisProtocol.Resp3, 3 },
    };

    /// <summary>A second proxy before the server cuts up what the first one has to understand.</summary>
    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _pieces = FaultProxy.Start("127.0.0.1", _server.Port);
        _proxy = FaultProxy.Start("127.0.0.1", _pieces.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _pieces.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task DropNextMessage_DropsOneOfItsChannel(RedisProtocol protocol, int maxPieceBytes)
    {
        await using var client = await ConnectAsync(protocol, maxPieceBytes);
        var (a, b) = (await SubscribeAsync(client, "a"), await SubscribeAsync(client, "b"));
        var dropped = _proxy.DropNextMessage("a");

        await PublishAsync("b", "1");
        await PublishAsync("a", "1", "2", "3");

        Assert.Equal("1", (await dropped.WaitAsync(Deadline, TimeProvider.System)).Text);
        Assert.Equal(["2", "3"], await ReadAsync(a, 2));
        Assert.Equal(["1"], await ReadAsync(b, 1));
        Assert.Equal(1, _proxy.MessagesDropped);
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task DropNextMessage_WithACondition_LetsAllOthersPass(RedisProtocol protocol, int maxPieceBytes)
    {
        await using var client = await ConnectAsync(protocol, maxPieceBytes);
        var a = await SubscribeAsync(client, "a");
        var dropped = _proxy.DropNextMessage(message => message.Text == "2");

        await PublishAsync("a", "1", "2", "2", "3");

        Assert.Equal("a", (await dropped.WaitAsync(Deadline, TimeProvider.System)).Channel);
        Assert.Equal(["1", "2", "3"], await ReadAsync(a, 3));
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task DuplicateNextMessage_DeliversOneTwice(RedisProtocol protocol, int maxPieceBytes)
    {
        await using var client = await ConnectAsync(protocol, maxPieceBytes);
        var a = await SubscribeAsync(client, "a");
        var doubled = _proxy.DuplicateNextMessage("a");

        await PublishAsync("a", "1", "2");

        Assert.Equal("1", (await doubled.WaitAsync(Deadline, TimeProvider.System)).Text);
        Assert.Equal(["1", "1", "2"], await ReadAsync(a, 3));
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task HoldNextMessage_DeliversOneAfterTheNextOfItsChannel(RedisProtocol protocol, int maxPieceBytes)
    {
        await using var client = await ConnectAsync(protocol, maxPieceBytes);
        var (a, b) = (await SubscribeAsync(client, "a"), await SubscribeAsync(client, "b"));
        var held = _proxy.HoldNextMessage("a");

        await PublishAsync("a", "1");
        await PublishAsync("b", "1");
        Assert.Equal(["1"], await ReadAsync(b, 1));
        var isHeld = !held.IsCompleted;
        await PublishAsync("a", "2", "3");

        Assert.True(isHeld);
        Assert.Equal("1", (await held.WaitAsync(Deadline, TimeProvider.System)).Text);
        Assert.Equal(["2", "1", "3"], await ReadAsync(a, 3));
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task Faults_WhileRepliesComeBetween_LeaveThemWhole(RedisProtocol protocol, int maxPieceBytes)
    {
        await using var client = await ConnectAsync(protocol, maxPieceBytes);
        var a = await SubscribeAsync(client, "a");
        var value = new byte[5_000];
        new Random(1).NextBytes(value);
        await client.GetDatabase().StringSetAsync("v", value);

        for (var round = 0; round < 5; round++)
        {
            _ = _proxy.HoldNextMessage("a");
            _ = _proxy.DropNextMessage("a");
            _ = _proxy.DuplicateNextMessage("a");
            var reads = Enumerable.Range(0, 5).Select(_ => client.GetDatabase().StringGetAsync("v")).ToArray();
            await PublishAsync("a", "1", "2", "3", "4");

            Assert.Equal(["3", "3", "1", "4"], await ReadAsync(a, 4));
            Assert.All(await Task.WhenAll(reads), read => Assert.Equal(value, (byte[]?)read));
        }

        Assert.Equal(5, _proxy.MessagesDropped);
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task DropNextMessage_WithTwoSubscribers_DropsItForOneOfThem(RedisProtocol protocol)
    {
        await using var first = await ConnectAsync(protocol, 0);
        await using var second = await ConnectAsync(protocol, 0);
        var queues = new[] { await SubscribeAsync(first, "a"), await SubscribeAsync(second, "a") };
        var dropped = _proxy.DropNextMessage("a");

        await PublishAsync("a", "1", "2");
        await dropped.WaitAsync(Deadline, TimeProvider.System);

        var heads = new[] { await ReadAsync(queues[0], 1), await ReadAsync(queues[1], 1) }.SelectMany(head => head);
        Assert.Equal(["1", "2"], heads.Order());
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task DropNextMessage_OfAPattern_KnowsItsChannel(RedisProtocol protocol)
    {
        await using var client = await ConnectAsync(protocol, 0);
        var all = await client.GetSubscriber().SubscribeAsync(RedisChannel.Pattern("a*"));
        var dropped = _proxy.DropNextMessage("ab");

        await PublishAsync("aa", "1");
        await PublishAsync("ab", "2", "3");

        Assert.Equal("2", (await dropped.WaitAsync(Deadline, TimeProvider.System)).Text);
        Assert.Equal(["1", "3"], await ReadAsync(all, 2));
    }

    [Fact]
    public async Task DropNextMessage_WhenTheProxyEndsFirst_IsCancelled()
    {
        var proxy = FaultProxy.Start("127.0.0.1", _server.Port);
        var dropped = proxy.DropNextMessage("a");
        await proxy.DisposeAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => dropped);
    }

    private static async Task<ChannelMessageQueue> SubscribeAsync(ConnectionMultiplexer client, string channel) =>
        await client.GetSubscriber().SubscribeAsync(RedisChannel.Literal(channel));

    private static async Task<List<string>> ReadAsync(ChannelMessageQueue queue, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
            texts.Add((await queue.ReadAsync().AsTask().WaitAsync(Deadline, TimeProvider.System)).Message.ToString());
        return texts;
    }

    private async Task PublishAsync(string channel, params string[] payloads)
    {
        foreach (var payload in payloads)
            await _server.ExecuteAsync("PUBLISH", channel, payload);
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(RedisProtocol protocol, int maxPieceBytes)
    {
        _pieces.ToClient = new() { MaxPieceBytes = maxPieceBytes };
        var options = RedisServer.OptionsFor(_proxy.Port);
        options.Protocol = protocol;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }
}
