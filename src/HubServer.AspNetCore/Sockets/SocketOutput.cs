using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HubServer.AspNetCore.Sockets;

/// <summary>
/// What a hub writes to one connection, sent by the flush itself as one WebSocket message: bytes are copied once, and no
/// pipe and no change of threads lie between a subscription that is woken and the socket.
/// </summary>
/// <remarks>Used by one caller at a time, which SignalR's lock of the connection sees to; <see cref="Complete"/> may come at any time.</remarks>
/// <param name="connection">The connection as SignalR sees it.</param>
/// <param name="upgrade">Where the socket is found once there is one.</param>
/// <param name="inner">The writer of SignalR's own transport, which closes the WebSocket when it is completed.</param>
/// <param name="time">The clock.</param>
internal sealed class SocketOutput(ConnectionContext connection, HubUpgrade upgrade, PipeWriter inner, TimeProvider time) : PipeWriter
{
    // A frame's head has at most 10 bytes, and no mask where a server sends it (RFC 6455, 5.2).
    private const int MaxHeadBytes = 10;
    private const int MinBufferBytes = 4 << 10;
    private const byte Fin = 0x80;
    private const byte ContinuationOpcode = 0x00;
    private const byte TextOpcode = 0x01;
    private const byte BinaryOpcode = 0x02;

    private readonly List<(byte[] Buffer, int End)> _full = []; // The frames of a long message before its last.
    private byte[]? _buffer; // The last frame: room for its head, then what was written.
    private int _end = MaxHeadBytes; // Where the next byte goes.
    private byte _opcode; // Of the connection's messages; 0 before the first.
    private long _sendingSince; // When the send began that is waited for, or took its last frame; 0 for none.
    private volatile bool _isCompleted;

    /// <summary>How long the connection has taken nothing of what it is sent.</summary>
    public TimeSpan StalledFor => Volatile.Read(ref _sendingSince) is var since && since != 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    public override bool CanGetUnflushedBytes => false;

    public override void Advance(int bytes)
    {
        Debug.Assert(_buffer is not null && bytes <= _buffer.Length - _end, "there is room for what was written");
        _end += bytes;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => Reserve(sizeHint).AsMemory(_end);

    public override Span<byte> GetSpan(int sizeHint = 0) => Reserve(sizeHint).AsSpan(_end);

    /// <summary>Nothing is cancelled: a frame that was cut off would end the connection.</summary>
    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
        _isCompleted = true;
        inner.Complete(exception);
    }

    /// <summary>Sends what was written, as one message. Ends when the connection took it; what goes wrong ends the connection.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_buffer is null)
            return ValueTask.FromResult(new FlushResult(isCanceled: false, _isCompleted));

        // Nothing is written before the client's handshake, and that comes over the socket.
        if (_isCompleted || upgrade.Socket is not { } socket)
        {
            Recycle();
            return ValueTask.FromResult(new FlushResult(isCanceled: false, isCompleted: true));
        }

        var send = _full.Count == 0 ? socket.SendAsync(Frame(_buffer, _end, Opcode, isLast: true)) : SendFramesAsync(socket, _buffer);
        if (!send.IsCompletedSuccessfully)
            return EndAsync(send);
        Recycle();
        return ValueTask.FromResult(new FlushResult(isCanceled: false, isCompleted: !send.Result));
    }

    private byte Opcode => _opcode != 0 ? _opcode
        : _opcode = connection.Features.Get<ITransferFormatFeature>()?.ActiveFormat == TransferFormat.Binary ? BinaryOpcode : TextOpcode;

    private async ValueTask<FlushResult> EndAsync(ValueTask<bool> send)
    {
        Volatile.Write(ref _sendingSince, time.GetTimestamp());
        try
        {
            return new FlushResult(isCanceled: false, isCompleted: !await send);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            connection.Abort();
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
        finally
        {
            Volatile.Write(ref _sendingSince, 0);
            Recycle();
        }
    }

    private async ValueTask<bool> SendFramesAsync(HubSocket socket, byte[] last)
    {
        var opcode = Opcode;
        foreach (var (buffer, end) in _full)
        {
            if (!await socket.SendAsync(Frame(buffer, end, opcode, isLast: false)))
                return false;
            opcode = ContinuationOpcode;

            // A client that takes a long message slowly takes something. Where nothing waits yet there is no time to count.
            if (Volatile.Read(ref _sendingSince) != 0)
                Volatile.Write(ref _sendingSince, time.GetTimestamp());
        }

        return await socket.SendAsync(Frame(last, _end, opcode, isLast: true));
    }

    /// <summary>Writes the head of a frame before its payload, which begins where the longest head ends.</summary>
    private static ReadOnlyMemory<byte> Frame(byte[] buffer, int end, byte opcode, bool isLast)
    {
        const byte Length16 = 126;
        const byte Length64 = 127;
        var length = end - MaxHeadBytes;
        var headBytes = length < Length16 ? 2 : length <= ushort.MaxValue ? 4 : MaxHeadBytes;
        var head = buffer.AsSpan(MaxHeadBytes - headBytes, headBytes);
        head[0] = (byte)(opcode | (isLast ? Fin : 0));
        switch (headBytes)
        {
            case 2:
                head[1] = (byte)length;
                break;
            case 4:
                head[1] = Length16;
                BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)length);
                break;
            default:
                head[1] = Length64;
                BinaryPrimitives.WriteInt64BigEndian(head[2..], length);
                break;
        }

        return buffer.AsMemory(MaxHeadBytes - headBytes, headBytes + length);
    }

    private byte[] Reserve(int bytes)
    {
        if (_buffer is not null && _buffer.Length - _end < Math.Max(1, bytes))
        {
            _full.Add((_buffer, _end));
            _buffer = null;
            _end = MaxHeadBytes;
        }

        return _buffer ??= ArrayPool<byte>.Shared.Rent(Math.Max(MinBufferBytes, MaxHeadBytes + bytes));
    }

    /// <summary>An idle connection keeps no buffer.</summary>
    private void Recycle()
    {
        foreach (var (buffer, _) in _full)
            ArrayPool<byte>.Shared.Return(buffer);
        _full.Clear();
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _end = MaxHeadBytes;
    }
}
