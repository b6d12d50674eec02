using System.IO.Pipelines;
using System.Net.WebSockets;

namespace HubServer.AspNetCore.Sockets;

/// <summary>
/// A hub's WebSocket as SignalR's transport sees it, which receives nothing but its end: what the client sends goes to the
/// hub on the thread that received it. SignalR's own pipe would hand each message to the thread pool, and to wake a thread
/// for it costs more than to publish a row.
/// </summary>
/// <param name="inner">The WebSocket.</param>
/// <param name="to">What the hub reads.</param>
internal sealed class SocketInput(WebSocket inner, PipeWriter to) : WebSocket
{
    private long _messageBytes; // What came of the message so far.
    private volatile bool _isAborted;

    public override WebSocketCloseStatus? CloseStatus => inner.CloseStatus;

    public override string? CloseStatusDescription => inner.CloseStatusDescription;

    public override WebSocketState State => inner.State;

    public override string? SubProtocol => inner.SubProtocol;

    /// <summary>Passes on all that comes. Ends when the client closes or the hub reads no more, both as a close.</summary>
    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            while (await IsPassedOnAsync(cancellationToken))
            {
            }

            await to.CompleteAsync();
            return new ValueWebSocketReceiveResult(0, WebSocketMessageType.Close, endOfMessage: true);
        }
        catch (Exception failure)
        {
            // A client that goes without a goodbye is no failure of the hub, nor is a connection that the server ends.
            var isEnd = failure is OperationCanceledException or WebSocketException { WebSocketErrorCode: WebSocketError.ConnectionClosedPrematurely };
            await to.CompleteAsync(isEnd || _isAborted ? null : failure);
            throw;
        }
    }

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        var end = await ReceiveAsync(buffer.AsMemory(), cancellationToken);
        return new WebSocketReceiveResult(end.Count, end.MessageType, end.EndOfMessage, CloseStatus, CloseStatusDescription);
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        inner.SendAsync(buffer, messageType, endOfMessage, cancellationToken);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        inner.SendAsync(buffer, messageType, endOfMessage, cancellationToken);

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        inner.CloseAsync(closeStatus, statusDescription, cancellationToken);

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        inner.CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    public override void Abort()
    {
        _isAborted = true;
        inner.Abort();
        to.CancelPendingFlush();
    }

    public override void Dispose()
    {
        inner.Dispose();
        to.Complete(); // For a connection that ended before it was received from.
    }

    /// <summary>Passes on what comes next; false at the end.</summary>
    private async ValueTask<bool> IsPassedOnAsync(CancellationToken cancellationToken)
    {
        // An idle connection keeps no buffer: the first receives nothing, and ends when there is something.
        if ((await inner.ReceiveAsync(Memory<byte>.Empty, cancellationToken)).MessageType == WebSocketMessageType.Close)
            return false;
        var part = await inner.ReceiveAsync(to.GetMemory(), cancellationToken);
        if (part.MessageType == WebSocketMessageType.Close)
            return false;

        to.Advance(part.Count);
        _messageBytes += part.Count;
        if (_messageBytes > SocketThread.SmallBytes)
            await SocketThread.LeaveAsync();
        if (part.EndOfMessage)
            _messageBytes = 0;
        var flush = await to.FlushAsync(CancellationToken.None);
        return !flush.IsCanceled && !flush.IsCompleted;
    }
}
