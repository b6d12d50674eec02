using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>A server with a channel, and a query of it that has to outlive whatever a test does.</summary>
internal sealed class AliveServer : IAsyncDisposable
{
    private const string Channel = "alive";

    private readonly RunningQuery _query;
    private readonly string _channels;

    private AliveServer(ServerFixture server, HubConnection connection, RunningQuery query)
    {
        Server = server;
        Connection = connection;
        _query = query;
        _channels = server.Channels();
    }

    public ServerFixture Server { get; }

    public HubConnection Connection { get; }

    public static async Task<AliveServer> StartAsync(WireFormat format, params (string Key, string Value)[] settings)
    {
        var server = await ServerFixture.StartAsync(settings);
        await server.PublishAsync(Channel, first: 0);
        var connection = await server.ConnectAsync(Wire.Of(format));
        return new AliveServer(server, connection, await RunningQuery.StreamingAsync(connection, Channel));
    }

    /// <summary>Nothing was half applied, and the query on the same connection still gets rows.</summary>
    public async Task AssertUnharmedAsync()
    {
        Assert.Equal(_channels, Server.Channels());
        Assert.Equal(HubConnectionState.Connected, Connection.State);
        var next = _query.Held(Channel).Next;
        await Server.PublishAsync(Channel, first: (int)next);
        await _query.EventuallyAsync(() => _query.Held(Channel).Next == next + 1, "the other query of the connection goes on");
        Assert.Empty(Server.Errors);
    }

    public async ValueTask DisposeAsync()
    {
        await _query.DisposeAsync();
        await Server.DisposeAsync();
    }
}
