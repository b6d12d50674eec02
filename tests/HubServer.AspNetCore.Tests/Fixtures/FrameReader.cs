using System.Buffers.Binary;
using System.Text;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>Reads the WebSocket frames that come to a <see cref="RawSocket"/>, and holds them to RFC 6455.</summary>
internal sealed class FrameReader(RawSocket socket)
{
    /// <summary>The next message, and the control frames before and within it.</summary>
    public async Task<(string Text, List<(byte Opcode, byte[] Payload)> Controls)> ReadMessageAsync()
    {
        var controls = new List<(byte Opcode, byte[] Payload)>();
        using var message = new MemoryStream();
        while (true)
        {
            var (head, payload) = await ReadAsync() ?? throw new IOException("the server closed the socket");
            var opcode = (byte)(head & 0x0F);
            if (opcode >= RawSocket.CloseOpcode)
            {
                Assert.Equal(0x80, head & 0xF0);
                controls.Add((opcode, payload));
                continue;
            }

            Assert.Equal(message.Length == 0 ? 1 : 0, opcode);
            Assert.Equal(0, head & 0x70);
            message.Write(payload);
            if ((head & 0x80) != 0)
                return (Encoding.UTF8.GetString(message.ToArray()), controls);
        }
    }

    /// <summary>Reads until the server closes the socket; the last frame's opcode.</summary>
    public async Task<byte> ReadToEndAsync()
    {
        byte last = 0;
        while (await ReadAsync() is { } frame)
            last = (byte)(frame.Head & 0x0F);
        return last;
    }

    private async Task<(byte Head, byte[] Payload)?> ReadAsync()
    {
        if (await ReadAsync(2) is not { } head)
            return null;
        Assert.Equal(0, head[1] & 0x80); // A server masks nothing.
        var length = (head[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2)),
            127 => checked((int)BinaryPrimitives.ReadInt64BigEndian(await ReadAsync(8))),
            var small => small,
        };
        return (head[0], await ReadAsync(length) ?? throw new IOException("the server closed the socket within a frame"));
    }

    private async Task<byte[]?> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var read = await socket.ReadAsync(bytes.AsMemory(at));
            if (read == 0)
                return null;
            at += read;
        }

        return bytes;
    }
}
