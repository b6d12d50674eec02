using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace HubServer.AspNetCore.Sockets;

/// <summary>
/// The connection that a WebSocket's frames go to: whole frames, one after the other, from whoever sends. The runtime's
/// own WebSocket reads from it, and writes its pongs and its close frame to it; <see cref="SocketOutput"/> writes messages.
/// </summary>
/// <remarks>
/// <para>
/// Frames go to the socket itself where nothing stands between it and the request: Kestrel's response writer and its pipe
/// would be a part of what a small message costs, and one that is not needed. TLS and connection middleware have pipes of their
/// own, and other servers no socket; there frames go to the stream that the server gave.
/// </para>
/// <para>
/// The server itself writes nothing to the socket any more once the client has the response that upgraded it, which it
/// has before it sends a frame (RFC 6455, 4.1), and a hub says nothing before its client does. A client that does not
/// wait may find frames before that response.
/// </para>
/// </remarks>
/// <param name="inner">The connection as the server gave it, which is read.</param>
/// <param name="output">Where frames go.</param>
internal sealed class HubSocket(Stream inner, Stream output) : Stream
{
    private const int Opcode = 0x0F; // RFC 6455, 5.2.
    private const int CloseOpcode = 0x08;

    private readonly SemaphoreSlim _turn = new(1, 1); // Held while a frame is sent.
    private volatile bool _isClosed; // The close frame was sent, behind which there must be no message, or the connection is gone.

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The connection of a request that was upgraded.</summary>
    public static HubSocket Of(HttpContext context, Stream stream)
    {
        var features = context.Features;
        var isDirect = features.Get<IConnectionTransportFeature>()?.Transport.GetType().Assembly == typeof(SocketTransportOptions).Assembly;
        return isDirect && features.Get<IConnectionSocketFeature>() is { } feature
            ? new HubSocket(stream, new NetworkStream(feature.Socket, FileAccess.Write, ownsSocket: false))
            : new HubSocket(stream, stream);
    }

    /// <summary>Sends one frame, or nothing where none may follow; false then. A frame that has begun is never cut off.</summary>
    public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame) => _turn.Wait(0) ? SendInTurnAsync(frame) : SendLaterAsync(frame);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        _isClosed |= !buffer.IsEmpty && (buffer.Span[0] & Opcode) == CloseOpcode;
        await EndAsync(WriteToConnectionAsync(buffer));
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.ReadAsync(buffer, offset, count, cancellationToken);

    /// <summary>Sockets and servers alike send what is written.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _isClosed = true;
        if (disposing)
        {
            output.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<bool> SendLaterAsync(ReadOnlyMemory<byte> frame)
    {
        await _turn.WaitAsync();
        return await SendInTurnAsync(frame);
    }

    private ValueTask<bool> SendInTurnAsync(ReadOnlyMemory<byte> frame)
    {
        if (_isClosed)
        {
            _turn.Release();
            return ValueTask.FromResult(false);
        }

        var send = WriteToConnectionAsync(frame);
        if (!send.IsCompletedSuccessfully)
            return EndAsync(send);
        _turn.Release();
        return ValueTask.FromResult(true);
    }

    private async ValueTask<bool> EndAsync(ValueTask send)
    {
        try
        {
            await send;
            return true;
        }
        catch
        {
            // A part of the frame may have gone out, so nothing that follows could be read.
            _isClosed = true;
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private ValueTask WriteToConnectionAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            return output.WriteAsync(frame);
        }
        catch (Exception failure)
        {
            // A connection that the server has closed is refused before there is a task to say it with.
            return ValueTask.FromException(failure);
        }
    }
}
