using System.Net;
using System.Net.Sockets;
using HubServer.Fixtures;
using HubServer.Fixtures.Proxying;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Fixtures;

/// <summary>A network that takes everything and delivers nothing, one way or both.</summary>
public sealed class BlackHoleTests : IAsyncLifetime
{
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

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task BlackHole_ToTheClient_LetsCommandsHappenWithoutAReply(RedisProtocol protocol)
    {
        await using var client = await ConnectAsync(protocol);
        _proxy.BlackHole = Direction.ToClient;
        var command = client.GetDatabase().StringIncrementAsync("a");
        await Wait.Eventually(async () => (int?)await _server.ExecuteAsync("GET", "a") == 1, "the server has done it");
        await Wait.Eventually(() => _proxy.BytesSwallowed > 0, "the reply has vanished");
        var isAnswered = command.IsCompleted;

        _proxy.BlackHole = Direction.None;

        Assert.False(isAnswered);
        await Assert.ThrowsAsync<RedisConnectionException>(() => command);
        await EventuallySetsAsync(client);
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task BlackHole_ToTheServer_LetsCommandsVanish(RedisProtocol protocol)
    {
        await using var client = await ConnectAsync(protocol);
        _proxy.BlackHole = Direction.ToServer;
        var command = client.GetDatabase().StringIncrementAsync("a");
        await Wait.Eventually(() => _proxy.BytesSwallowed > 0, "the command has vanished");
        var isAnswered = command.IsCompleted;

        _proxy.BlackHole = Direction.None;

        Assert.False(isAnswered);
        await Assert.ThrowsAsync<RedisConnectionException>(() => command);
        await EventuallySetsAsync(client);
        Assert.True((await _server.ExecuteAsync("GET", "a")).IsNull);
    }

    [Fact]
    public async Task BlackHole_OfAConnectionThatSentNothing_LeavesItAsItIs()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        await Wait.Eventually(() => _proxy.OpenConnections == 1, "the proxy has accepted it");

        _proxy.BlackHole = Direction.Both;
        _proxy.BlackHole = Direction.None;

        await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
        Assert.Equal(7, await client.GetStream().ReadAtLeastAsync(new byte[7], 7));
        Assert.Equal(0, _proxy.BytesSwallowed);
    }

    [Fact]
    public async Task BlackHole_BothWays_StillAcceptsAndResetsWhenOneWayOpens()
    {
        _proxy.BlackHole = Direction.Both;
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
        await Wait.Eventually(() => _proxy.BytesSwallowed == 6, "the command has vanished");

        _proxy.BlackHole = Direction.ToClient;

        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => client.Client.ReceiveAsync(new byte[1]))).SocketErrorCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BlackHole_ToTheClient_SwallowsTheServersEnd(bool isReset)
    {
        var link = new LinkState();
        var (client, near) = await PairAsync();
        using var listener = Listen();
        using var connection = new FaultyConnection(near, link, seed: 1);
        var running = connection.RunAsync(listener.LocalEndpoint);
        using var server = await listener.AcceptSocketAsync();
        await server.SendAsync("x"u8.ToArray());
        await client.ReceiveAsync(new byte[1]);
        link.ExchangeBlackHole(Direction.ToClient);

        if (isReset)
            server.LingerState = new LingerOption(enable: true, seconds: 0);
        server.Close();
        await Wait.Eventually(() => connection.Lost == Direction.ToClient, "the proxy has seen the end");
        await client.SendAsync("PING\r\n"u8.ToArray());
        var hasEnded = client.Poll(0, SelectMode.SelectRead);
        connection.Reset();
        await running;

        Assert.False(hasEnded);
        client.Dispose();
    }

    [Fact]
    public async Task Connection_ThatLostSomething_SwallowsTheRestAndEndsAlsoAfterTheBlackHole()
    {
        var link = new LinkState();
        var (client, near) = await PairAsync();
        using var listener = Listen();
        using var connection = new FaultyConnection(near, link, seed: 1);
        var running = connection.RunAsync(listener.LocalEndpoint);
        link.ExchangeBlackHole(Direction.ToClient);
        Assert.True(connection.Swallows(Direction.ToClient, 5));
        Assert.False(connection.Swallows(Direction.ToServer, 5));
        link.ExchangeBlackHole(Direction.None);

        Assert.True(connection.Swallows(Direction.ToClient, 5));
        await running;
        client.Dispose();
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static async Task<(Socket Client, Socket Accepted)> PairAsync()
    {
        using var listener = Listen();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        return (client, await listener.AcceptSocketAsync());
    }

    private static Task EventuallySetsAsync(ConnectionMultiplexer client) => Wait.Eventually(
        async () =>
        {
            try
            {
                return await client.GetDatabase().StringSetAsync("b", "1");
            }
            catch (RedisException)
            {
                return false;
            }
        },
        "the client is connected again");

    private async Task<ConnectionMultiplexer> ConnectAsync(RedisProtocol protocol)
    {
        var options = RedisServer.OptionsFor(_proxy.Port);
        options.Protocol = protocol;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }
}
