using System.Net;
using System.Net.Sockets;
using System.Text;
using HubServer.Fixtures;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Fixtures;

/// <summary>What the proxy does to connections, with a real Redis and the program's own client.</summary>
public sealed class FaultProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private RedisServer _server = null!;
    private FaultProxy _proxy = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _proxy = FaultProxy.Start("127.0.0.1", _server.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task DropConnections_ResetsBothSidesAndAcceptsNewOnes()
    {
        using var client = await PingAsync();
        var before = await ServerConnectionsAsync();

        _proxy.DropConnections();

        Assert.Equal(SocketError.ConnectionReset, await EndAsync(client));
        await Wait.Eventually(async () => await ServerConnectionsAsync() == before - 1, "the server's side ends, too");
        await Wait.Eventually(() => _proxy.OpenConnections == 0, "the proxy forgets the connection");
        using var next = await PingAsync();
        Assert.Equal(2, _proxy.AcceptedConnections);
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task DropConnections_UnderAClient_LetsItConnectAgain(RedisProtocol protocol)
    {
        await using var client = await ConnectAsync(protocol);
        await client.GetDatabase().StringSetAsync("a", "1");

        _proxy.DropConnections();

        await Wait.Eventually(() => SucceedsAsync(client), "the client is connected again");
        Assert.Equal("1", await client.GetDatabase().StringGetAsync("a"));
    }

    [Fact]
    public async Task IsDown_ResetsWhatIsOpenAndRefusesWhatIsNewUntilItIsUpAgain()
    {
        using var client = await PingAsync();
        var port = _proxy.Port;

        _proxy.IsDown = true;
        var end = await EndAsync(client);
        var refusal = await Assert.ThrowsAsync<SocketException>(PingAsync);
        _proxy.IsDown = false;
        using var next = await PingAsync();

        Assert.Equal(SocketError.ConnectionReset, end);
        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
        Assert.Equal(port, _proxy.Port);
    }

    [Fact]
    public async Task Target_WhenChanged_TakesNewConnectionsAndLeavesThoseThatAreOpen()
    {
        await using var other = await RedisServer.StartAsync();
        await _server.ExecuteAsync("SET", "who", "first");
        await other.ExecuteAsync("SET", "who", "other");
        using var before = await PingAsync();

        _proxy.Target = new DnsEndPoint("127.0.0.1", other.Port);
        using var after = await PingAsync();

        Assert.Equal("$5\r\nfirst\r\n", await AskAsync(before, "GET who\r\n"));
        Assert.Equal("$5\r\nother\r\n", await AskAsync(after, "GET who\r\n"));
    }

    [Fact]
    public async Task Connection_WhenTheServerIsGone_IsReset()
    {
        await _server.KillAsync();

        // The reset may come before the client has seen that it is connected.
        var end = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
            await client.Client.ReceiveAsync(new byte[1]).WaitAsync(Deadline, TimeProvider.System);
        });

        Assert.Equal(SocketError.ConnectionReset, end.SocketErrorCode);
    }

    [Fact]
    public async Task Latency_BothWays_AddsUp()
    {
        var latency = TimeSpan.FromMilliseconds(40);
        await using var client = await ConnectAsync(RedisProtocol.Resp3);
        (_proxy.ToServer, _proxy.ToClient) = (new() { Latency = latency }, new() { Latency = latency });

        Assert.True(await client.GetDatabase().PingAsync() >= 2 * latency);
    }

    [Fact]
    public async Task Latency_WhenSwitchedOff_HoldsForWhatIsOnItsWayNoMore()
    {
        using var client = await PingAsync();
        _proxy.ToClient = new() { Latency = TimeSpan.FromHours(1) };
        var sent = _proxy.BytesToServer;
        var answer = AskAsync(client, "PING\r\n");
        await Wait.Eventually(() => _proxy.BytesToServer > sent, "the server is asked");

        _proxy.ToClient = LinkConditions.Clear;

        Assert.Equal("+PONG\r\n", await answer.WaitAsync(Deadline, TimeProvider.System));
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task Jitter_KeepsTheOrder(RedisProtocol protocol)
    {
        await using var client = await ConnectAsync(protocol);
        var messages = await client.GetSubscriber().SubscribeAsync(RedisChannel.Literal("a"));
        _proxy.ToClient = new() { Jitter = TimeSpan.FromMilliseconds(3) };

        for (var i = 0; i < 100; i++)
            await _server.ExecuteAsync("PUBLISH", "a", i);

        for (var i = 0; i < 100; i++)
            Assert.Equal(i, (await messages.ReadAsync().AsTask().WaitAsync(Deadline, TimeProvider.System)).Message);
    }

    [Theory]
    [InlineData(Direction.ToServer)]
    [InlineData(Direction.ToClient)]
    public async Task BytesPerSecond_TakesItsTimeWithoutAChange(Direction direction)
    {
        var value = RandomBytes(80_000);
        await using var client = await ConnectAsync(RedisProtocol.Resp3);
        if (direction == Direction.ToServer)
            _proxy.ToServer = new() { BytesPerSecond = 200_000 };
        else
            _proxy.ToClient = new() { BytesPerSecond = 200_000 };
        var started = TimeProvider.System.GetTimestamp();

        await client.GetDatabase().StringSetAsync("a", value);
        byte[]? read = await client.GetDatabase().StringGetAsync("a");

        // 0.4 s, less what may be made up for late timers.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0.3, double.PositiveInfinity);
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task MaxPieceBytes_BothWays_ChangesNothingButTheReads(RedisProtocol protocol)
    {
        (_proxy.ToServer, _proxy.ToClient) = (new() { MaxPieceBytes = 3 }, new() { MaxPieceBytes = 3 });
        var value = RandomBytes(20_000);
        await using var client = await ConnectAsync(protocol);
        await client.GetDatabase().StringSetAsync("a", value);

        Assert.Equal(value, (byte[]?)await client.GetDatabase().StringGetAsync("a"));
        Assert.InRange(_proxy.BytesToServer, value.Length, 2 * value.Length);
        Assert.InRange(_proxy.BytesToClient, value.Length, 2 * value.Length);
    }

    [Fact]
    public async Task MaxPieceBytes_OfOne_LetsAClientSeePartsOfAReply()
    {
        using var client = await PingAsync();
        _proxy.ToClient = new() { MaxPieceBytes = 1 };

        await Wait.Eventually(
            async () =>
            {
                var first = await AskAsync(client, "PING\r\n");
                await client.GetStream().ReadExactlyAsync(new byte["+PONG\r\n".Length - first.Length]);
                return first.Length < "+PONG\r\n".Length;
            },
            "a read gives less than the reply");
    }

    [Fact]
    public void MaxPieceBytes_CutsOffOneToSoManyBytes()
    {
        var conditions = new LinkConditions { MaxPieceBytes = 4 };
        var random = new Random(1);
        var pieces = Enumerable.Range(0, 1_000).Select(_ => conditions.NextPiece(100, random)).ToList();

        Assert.Equal([1, 2, 3, 4], pieces.Distinct().Order());
        Assert.Equal(1, conditions.NextPiece(1, random));
    }

    [Fact]
    public async Task Proxy_BeforeAPrimary_LetsItsReplicaFollow()
    {
        _ = _proxy.DropNextMessage(_ => true);
        (_proxy.ToServer, _proxy.ToClient) = (new() { MaxPieceBytes = 7 }, new() { MaxPieceBytes = 7 });
        await _server.ExecuteAsync("SET", "a", RandomBytes(1_000));
        await using var replica = await RedisServer.StartReplicaOfAsync("127.0.0.1", _proxy.Port);
        await Wait.Eventually(() => replica.IsReplicaInSyncAsync(_server), "the replica has the past");

        await _server.ExecuteAsync("SET", "b", RandomBytes(1_000));
        await Wait.Eventually(() => replica.IsReplicaInSyncAsync(_server), "the replica has what came since");

        Assert.Equal(RandomBytes(1_000), (byte[]?)await replica.ExecuteAsync("GET", "a"));
        Assert.Equal(RandomBytes(1_000), (byte[]?)await replica.ExecuteAsync("GET", "b"));
    }

    [Fact]
    public async Task Proxy_OfWhatIsNotRedis_PassesEverythingToTheLastByteAfterAnEnd()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var proxy = FaultProxy.Start("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        (proxy.ToServer, proxy.ToClient) = (new() { MaxPieceBytes = 500, Jitter = TimeSpan.FromMilliseconds(2) }, new() { MaxPieceBytes = 500 });
        _ = proxy.DropNextMessage(_ => true);
        var sent = RandomBytes(300_000);

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        var stream = client.GetStream();
        var echo = EchoAsync(listener);
        var sending = SendAsync();
        using var received = new MemoryStream();
        await stream.CopyToAsync(received);

        await Task.WhenAll(echo, sending);
        Assert.Equal(sent, received.ToArray());
        await Wait.Eventually(() => proxy.OpenConnections == 0, "the connection has ended on both sides");

        async Task SendAsync()
        {
            await stream.WriteAsync(sent);
            client.Client.Shutdown(SocketShutdown.Send);
        }
    }

    private static async Task EchoAsync(TcpListener listener)
    {
        using var accepted = await listener.AcceptTcpClientAsync();
        await accepted.GetStream().CopyToAsync(accepted.GetStream());
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(RedisProtocol protocol)
    {
        var options = RedisServer.OptionsFor(_proxy.Port);
        options.Protocol = protocol;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>A client down to the socket, through the proxy, that the server has answered.</summary>
    private async Task<TcpClient> PingAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        Assert.Equal("+PONG\r\n", await AskAsync(client, "PING\r\n"));
        return client;
    }

    private static async Task<string> AskAsync(TcpClient client, string command)
    {
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command));
        var answer = new byte[100];
        return Encoding.ASCII.GetString(answer, 0, await client.GetStream().ReadAsync(answer));
    }

    /// <summary>How the connection of a client that waits for something ends.</summary>
    private static async Task<SocketError> EndAsync(TcpClient client)
    {
        try
        {
            await client.Client.ReceiveAsync(new byte[1]).WaitAsync(Deadline, TimeProvider.System);
            return SocketError.Success;
        }
        catch (SocketException end)
        {
            return end.SocketErrorCode;
        }
    }

    private static async Task<bool> SucceedsAsync(ConnectionMultiplexer client)
    {
        try
        {
            await client.GetDatabase().PingAsync();
            return true;
        }
        catch (RedisException)
        {
            return false;
        }
    }

    private async Task<int> ServerConnectionsAsync() => ((string?)await _server.ExecuteAsync("CLIENT", "LIST") ?? "").Count(letter => letter == '\n');
}
