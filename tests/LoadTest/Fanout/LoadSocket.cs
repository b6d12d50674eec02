using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HubServer.LoadTest.Fanout;

/// <summary>
/// A connection that keeps nothing of what it receives but a cut end. After <see cref="Begin"/> the loop's thread alone
/// receives from it.
/// </summary>
internal sealed class LoadSocket(Opening opening, IRowScanner scanner, Tally tally) : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _rest = []; // The payload that is not done with, then what there is of the next frame's header.
    private int _restPayload;
    private int _restBytes;
    private long _frameLeft;
    private bool _isControlFrame;
    private bool _isOpen;
    private bool _isReady;
    private bool _isHeld;

    /// <summary>The socket, for the loop.</summary>
    public Socket Socket => _socket;

    /// <summary>What it and others received.</summary>
    public Tally Tally => tally;

    /// <summary>Whether <see cref="Begin"/> was called.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether it is a WebSocket now, or connected where it is to be none.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>Whether rows come, or will.</summary>
    public bool IsReady => _isReady;

    /// <summary>Connects; nothing is sent yet.</summary>
    /// <param name="port">The server's port.</param>
    /// <param name="receiveBytes">The kernel's buffer; 0 for what it likes.</param>
    public void Connect(int port, int receiveBytes = 0)
    {
        if (receiveBytes > 0)
            _socket.ReceiveBufferSize = receiveBytes;
        _socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>Sends what opens it; held, it stays idle and does not ask for rows until <see cref="Ask"/>.</summary>
    public void Begin(bool isHeld = false)
    {
        HasBegun = true;
        _isHeld = isHeld;
        if (opening.Path is null)
            Open();
        else
            Send(Encoding.ASCII.GetBytes($"GET {opening.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
    }

    /// <summary>Asks for rows.</summary>
    public void Ask()
    {
        _isHeld = false;
        Send(opening.Request);
        if (opening.ReadyMark.Length == 0)
            BecomeReady();
    }

    /// <summary>Sends bytes, in a frame where it is a WebSocket; waits where the server does not take them.</summary>
    public void Publish(ReadOnlySpan<byte> bytes) => Send(opening.Path is null ? bytes : WebSocketFrames.Of(bytes, opening.IsBinary));

    /// <summary>Receives once, into a buffer that is shared with others; false where the connection ended.</summary>
    public bool Receive(Span<byte> buffer)
    {
        _rest.AsSpan(0, _restBytes).CopyTo(buffer);
        var received = _socket.Receive(buffer[_restBytes..], SocketFlags.None, out var error);
        if (received == 0 || error != SocketError.Success)
        {
            tally.Failure = string.Create(CultureInfo.InvariantCulture, $"closed by the server: {error}");
            return false;
        }

        tally.Bytes += received;
        var bytes = buffer[..(_restBytes + received)];
        if (!_isOpen)
            return TryUpgrade(bytes);
        return opening.Path is null ? ReadPlain(bytes) : ReadFrames(bytes, _restPayload);
    }

    /// <summary>Receives at most so many bytes, if there are any.</summary>
    public void ReceiveSome(Span<byte> buffer, int most)
    {
        if (_socket.Available > 0)
            Receive(buffer[..(_restBytes + most)]);
    }

    public void Dispose() => _socket.Dispose();

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[_socket.Send(bytes, SocketFlags.None)..];
    }

    private bool TryUpgrade(Span<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            Keep(bytes, []);
            return true;
        }

        if (!bytes.StartsWith("HTTP/1.1 101"u8))
        {
            tally.Failure = $"no WebSocket at {opening.Path}: {Encoding.Latin1.GetString(bytes[..bytes.IndexOf("\r\n"u8)])}";
            return false;
        }

        Keep([], []);
        Open();
        return ReadFrames(bytes[(end + 4)..], 0);
    }

    private void Open()
    {
        _isOpen = true;
        Send(opening.Greeting);
        if (!_isHeld)
            Ask();
    }

    private bool ReadPlain(ReadOnlySpan<byte> bytes)
    {
        LookForReady(bytes);
        Keep(bytes[scanner.Scan(bytes, tally)..], []);
        return true;
    }

    /// <summary>Takes the headers out from between the payloads of frames, since a row may begin in one and end in another.</summary>
    private bool ReadFrames(Span<byte> bytes, int payloadEnd)
    {
        var (payloadStart, at, isClosed) = (0, payloadEnd, false);
        while (at < bytes.Length && !isClosed)
        {
            if (_frameLeft == 0)
            {
                if (!WebSocketFrames.TryReadHeader(bytes[at..], out var header, out var opcode, out _frameLeft))
                    break;
                _isControlFrame = opcode >= WebSocketFrames.FirstControl;
                isClosed = opcode == WebSocketFrames.Close;
                at += header;
            }

            var taken = (int)Math.Min(_frameLeft, bytes.Length - at);
            if (!_isControlFrame)
            {
                if (payloadStart == payloadEnd)
                    payloadStart = payloadEnd = at;
                if (payloadEnd != at)
                    bytes.Slice(at, taken).CopyTo(bytes[payloadEnd..]);
                payloadEnd += taken;
            }

            at += taken;
            _frameLeft -= taken;
        }

        if (isClosed)
            tally.Failure = "closed by the server in due form";
        var payload = bytes[payloadStart..payloadEnd];
        LookForReady(payload);
        var done = Math.Max(0, scanner.Scan(payload, tally));
        // The mark may be cut, too. It is shorter than a row, so that none is counted again.
        if (!_isReady)
            done = Math.Min(done, Math.Max(0, payload.Length - opening.ReadyMark.Length + 1));
        Keep(payload[done..], bytes[at..]);
        return !isClosed;
    }

    private void LookForReady(ReadOnlySpan<byte> payload)
    {
        if (!_isReady && !_isHeld && payload.IndexOf(opening.ReadyMark) >= 0)
            BecomeReady();
    }

    private void BecomeReady()
    {
        _isReady = true;
        tally.Ready++;
    }

    private void Keep(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> header)
    {
        _restPayload = payload.Length;
        _restBytes = payload.Length + header.Length;
        if (_rest.Length < _restBytes)
            _rest = new byte[_restBytes];
        payload.CopyTo(_rest);
        header.CopyTo(_rest.AsSpan(payload.Length));
    }
}
