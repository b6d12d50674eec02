using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>
/// A client of the JSON hub protocol down to the socket: it decides when, and whether, bytes are read. What it sends
/// are whole text frames (RFC 6455), masked as a client's have to be.
/// </summary>
internal sealed class RawSocket : IDisposable
{
    public const byte CloseOpcode = 0x08;
    public const byte PingOpcode = 0x09;
    public const byte PongOpcode = 0x0A;

    private const byte Fin = 0x80;
    private const byte TextOpcode = 0x01;
    private static readonly byte[] Ping = Frame("{\"type\":6}\u001e");

    private readonly Socket _socket;
    private int _pingAt;

    private RawSocket(Socket socket) => _socket = socket;

    /// <summary>Connects, upgrades and shakes hands.</summary>
    /// <param name="url">The server.</param>
    /// <param name="receiveBufferBytes">What the kernel takes in before the application reads.</param>
    public static async Task<RawSocket> ConnectAsync(Uri url, int receiveBufferBytes = 64 << 10)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = receiveBufferBytes };
        await socket.ConnectAsync(url.Host, url.Port);
        var raw = new RawSocket(socket);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        await raw.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /hub HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"));
        await raw.SkipPastAsync("\r\n\r\n");
        await raw.SendAsync(Frame("{\"protocol\":\"json\",\"version\":1}\u001e"));
        await raw.SkipPastAsync("{}\u001e");
        return raw;
    }

    /// <summary>Starts a query, without reading any of it.</summary>
    public Task QueryAsync(string selector, int intervalMs = 0) => SendAsync(Frame(
        $$"""{"type":4,"invocationId":"1","target":"Query","arguments":[{"version":1,"targets":[{"channel":"{{selector}}"}],"intervalMs":{{intervalMs}}}]}""" + "\u001e"));

    /// <summary>Sends a hub message.</summary>
    public Task SendTextAsync(string message) => SendAsync(Frame(message + "\u001e"));

    /// <summary>Sends a control frame.</summary>
    public Task SendControlAsync(byte opcode, byte[] payload) => SendAsync(Frame(opcode, payload));

    /// <summary>Sends the next byte of a hub's ping, which for the server is a client that lives.</summary>
    public async Task SendPingByteAsync()
    {
        await SendAsync(Ping.AsMemory(_pingAt, 1));
        _pingAt = (_pingAt + 1) % Ping.Length;
    }

    /// <summary>Reads at most so many bytes; 0 where the server closed the socket.</summary>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Reads until the text has come, one byte at a time, so that nothing behind it is taken.</summary>
    public async Task SkipPastAsync(string end)
    {
        var seen = new StringBuilder();
        var one = new byte[1];
        while (!seen.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            if (await ReadAsync(one) == 0)
                throw new IOException($"the server closed the socket after: {seen}");
            seen.Append((char)one[0]);
        }
    }

    /// <summary>Resets the connection, as a process that dies or a cable that is pulled.</summary>
    public void Abort()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] Frame(string text) => Frame(TextOpcode, Encoding.UTF8.GetBytes(text));

    private static byte[] Frame(byte opcode, byte[] payload)
    {
        var mask = RandomNumberGenerator.GetBytes(4);
        using var frame = new MemoryStream();
        frame.WriteByte((byte)(Fin | opcode));
        if (payload.Length < 126)
        {
            frame.WriteByte((byte)(0x80 | payload.Length));
        }
        else
        {
            var length = new byte[3];
            length[0] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(length.AsSpan(1), checked((ushort)payload.Length));
            frame.Write(length);
        }

        frame.Write(mask);
        for (var i = 0; i < payload.Length; i++)
            frame.WriteByte((byte)(payload[i] ^ mask[i % 4]));
        return frame.ToArray();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes)..];
    }
}
