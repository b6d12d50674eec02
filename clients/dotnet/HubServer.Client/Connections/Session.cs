using System.Net;
using System.Net.WebSockets;
using HubServer.Protocol;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Client;

/// <summary>One connection to the hub, from its opening to its end. It is never opened again.</summary>
internal sealed class Session : IAsyncDisposable
{
    // The peer of a connection that is closed may stand still, and is not worth a longer wait.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly HubServerClientOptions _options;
    private readonly HubConnection _connection;
    private volatile ClientWebSocket? _socket;
    private HttpStatusCode? _refusal; // What was answered in place of a WebSocket.

    private Session(HubServerClientOptions options, Uri hub)
    {
        _options = options;
        _connection = Build(hub);
        _connection.ServerTimeout = options.ServerTimeout;
        _connection.KeepAliveInterval = options.ServerTimeout / 2;
        _connection.HandshakeTimeout = options.ConnectTimeout;
    }

    /// <summary>Whether it is open still.</summary>
    public bool IsConnected => _connection.State == HubConnectionState.Connected;

    /// <summary>Opens a connection.</summary>
    /// <param name="options">The client's.</param>
    /// <param name="hub">The hub's address.</param>
    /// <param name="wasConnected">Whether the address worked before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HubServerException">It did not come to be.</exception>
    public static async Task<Session> StartAsync(HubServerClientOptions options, Uri hub, bool wasConnected, CancellationToken cancellationToken)
    {
        var session = new Session(options, hub);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.ConnectTimeout);
        try
        {
            await session._connection.StartAsync(patience.Token).ConfigureAwait(false);
            return session;
        }
        catch (Exception failure)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            var cause = failure is OperationCanceledException ? new TimeoutException($"it did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s") : failure;
            throw Diagnosis.OfConnect(hub, session._refusal, cause, wasConnected);
        }
    }

    /// <summary>Calls back once the connection is lost or closed.</summary>
    public void OnClosed(Action<Exception?> closed) => _connection.Closed += cause =>
    {
        closed(cause);
        return Task.CompletedTask;
    };

    /// <summary>Calls <c>Query</c>. SignalR keeps what comes until it is read, so it has to be read as it comes.</summary>
    public IAsyncEnumerable<ReceivedItem> QueryAsync(QueryRequest request, CancellationToken cancellationToken) =>
        _connection.StreamAsync<ReceivedItem>("Query", request, cancellationToken);

    /// <summary>Calls a method that answers once.</summary>
    public Task<T> InvokeAsync<T>(string method, object request, CancellationToken cancellationToken) =>
        _connection.InvokeAsync<T>(method, request, cancellationToken);

    /// <summary>Cuts the connection, without the words that a peer that stands still would not answer.</summary>
    public void Abort() => _socket?.Abort();

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync().ConfigureAwait(false);

    private HubConnection Build(Uri hub)
    {
        var builder = new HubConnectionBuilder().WithUrl(hub, http =>
        {
            http.SkipNegotiation = true;
            http.Transports = HttpTransportType.WebSockets;
            http.CloseTimeout = CloseTimeout;
            http.WebSocketFactory = OpenSocketAsync;
        });
        builder.Services.AddSingleton(_options.LoggerFactory ?? NullLoggerFactory.Instance);
        if (_options.Protocol == WireFormat.MessagePack)
            builder.AddMessagePackProtocol();
        return builder.Build();
    }

    private async ValueTask<WebSocket> OpenSocketAsync(WebSocketConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.CollectHttpResponseDetails = true;
            if (await TokenAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } token)
                socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
            _options.ConfigureWebSocket?.Invoke(socket.Options);
            await socket.ConnectAsync(context.Uri, cancellationToken).ConfigureAwait(false);
            _socket = socket;
            return socket;
        }
        catch
        {
            _refusal = socket.HttpStatusCode;
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask<string?> TokenAsync(CancellationToken cancellationToken)
    {
        if (_options.AccessTokenProvider is not { } provider)
            return null;

        try
        {
            return await provider(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not HubServerException && !cancellationToken.IsCancellationRequested)
        {
            throw new HubServerException(
                ErrorCode.Unauthorized,
                $"{nameof(HubServerClientOptions.AccessTokenProvider)} gave no token: {failure.Message}",
                isTransient: true,
                failure);
        }
    }
}
