using System.Buffers;
using System.Net.WebSockets;
using MessagePack;

namespace HubServer.LoadTest;

/// <summary>
/// A hub connection over MessagePack that sends bytes encoded before and hands on messages as bytes, so that the clients
/// take little of the machine that the servers run on.
/// </summary>
internal sealed class HubSocket : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Action<ReadOnlyMemory<byte>> _onMessage;
    private byte[] _buffer = new byte[256 << 10];
    private int _filled;
    private Task _reading = Task.CompletedTask;

    private HubSocket(Action<ReadOnlyMemory<byte>> onMessage) => _onMessage = onMessage;

    /// <summary>Ends when the connection does; with the failure, if it was one.</summary>
    public Task Closed => _reading;

    /// <summary>Connects and shakes hands; messages come one at a time.</summary>
    public static async Task<HubSocket> ConnectAsync(Uri node, Action<ReadOnlyMemory<byte>> onMessage)
    {
        var hub = new HubSocket(onMessage);
        await hub._socket.ConnectAsync(new UriBuilder(node) { Scheme = "ws", Path = "/hub" }.Uri, CancellationToken.None);
        await hub._socket.SendAsync("{\"protocol\":\"messagepack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        await hub.ShakeAsync();
        hub._reading = hub.ReadAsync();
        return hub;
    }

    /// <summary>A call of one argument, with the length before it: type 1 for an answer, 4 for a stream of them.</summary>
    public static byte[] Call(int type, string invocationId, string target, ReadOnlySpan<byte> argument)
    {
        var body = new ArrayBufferWriter<byte>(argument.Length + 64);
        var writer = new MessagePackWriter(body);
        writer.WriteArrayHeader(6);
        writer.Write(type);
        writer.WriteMapHeader(0);
        writer.Write(invocationId);
        writer.Write(target);
        writer.WriteArrayHeader(1);
        writer.WriteRaw(argument);
        writer.WriteArrayHeader(0);
        writer.Flush();
        var message = new List<byte>(body.WrittenCount + 5);
        var length = body.WrittenCount;
        for (; length > 0x7f; length >>= 7)
            message.Add((byte)(length | 0x80));
        message.Add((byte)length);
        message.AddRange(body.WrittenSpan);
        return [.. message];
    }

    /// <summary>Sends bytes that <see cref="Call"/> made.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        try
        {
            await _reading;
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // That is what an abort looks like to the reader.
        }

        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task ShakeAsync()
    {
        while (true)
        {
            await ReceiveAsync();
            var end = _buffer.AsSpan(0, _filled).IndexOf((byte)0x1e);
            if (end < 0)
                continue;
            if (!_buffer.AsSpan(0, end).SequenceEqual("{}"u8))
                throw new InvalidOperationException($"the hub refused: {System.Text.Encoding.UTF8.GetString(_buffer, 0, end)}");
            Forget(end + 1);
            return;
        }
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            await ReceiveAsync();
            var from = 0;
            while (TryFindMessage(from, out var start, out var length))
            {
                _onMessage(_buffer.AsMemory(start, length));
                from = start + length;
            }

            Forget(from);
        }
    }

    private async Task ReceiveAsync()
    {
        if (_filled > _buffer.Length / 2)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var received = await _socket.ReceiveAsync(_buffer.AsMemory(_filled), CancellationToken.None);
        if (received.MessageType == WebSocketMessageType.Close)
            throw new WebSocketException($"the server closed the connection: {_socket.CloseStatusDescription}");
        _filled += received.Count;
    }

    private bool TryFindMessage(int from, out int start, out int length)
    {
        (start, length) = (from, 0);
        for (var shift = 0; start < _filled; shift += 7)
        {
            var bits = _buffer[start++];
            length |= (bits & 0x7f) << shift;
            if (bits < 0x80)
                return start + length <= _filled;
        }

        return false;
    }

    private void Forget(int bytes)
    {
        _filled -= bytes;
        _buffer.AsSpan(bytes, _filled).CopyTo(_buffer);
    }
}
