using System.Net.WebSockets;
using HubServer.Protocol;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace HubServer.History;

/// <summary>A connection of the official client, which can be cut as a network cuts it.</summary>
internal sealed class HubCall : IAsyncDisposable
{
    private readonly HubConnection _connection;
    private volatile ClientWebSocket? _socket;

    public HubCall(Uri url, SubscriberOptions options)
    {
        var builder = new HubConnectionBuilder().WithUrl(new Uri(url, "/hub"), http =>
        {
            http.SkipNegotiation = true;
            http.Transports = HttpTransportType.WebSockets;
            http.WebSocketFactory = async (context, cancellationToken) =>
            {
                var socket = new ClientWebSocket();
                _socket = socket;
                await socket.ConnectAsync(context.Uri, cancellationToken).ConfigureAwait(false);
                return socket;
            };
        });
        if (options.Format == WireFormat.MessagePack)
            builder.AddMessagePackProtocol();
        _connection = builder.Build();
        _connection.ServerTimeout = options.ServerTimeout;
        _connection.KeepAliveInterval = options.ServerTimeout / 2;
    }

    public Task StartAsync(CancellationToken cancellationToken) => _connection.StartAsync(cancellationToken);

    public IAsyncEnumerable<Item> QueryAsync(QueryRequest request, CancellationToken cancellationToken) =>
        _connection.StreamAsync<Item>("Query", request, cancellationToken);

    /// <summary>Cuts the connection without a word to the node.</summary>
    public void Abort() => _socket?.Abort();

    public async ValueTask DisposeAsync()
    {
        // A node that is stopped would be waited for.
        Abort();
        await _connection.DisposeAsync().ConfigureAwait(false);
    }
}
