using System.Buffers.Text;
using System.Text;

namespace HubServer.Fixtures;

/// <summary>A message that a Redis server sent to a subscriber.</summary>
public sealed class PubSubMessage
{
    private PubSubMessage(byte[] channel, byte[] payload)
    {
        Channel = Encoding.UTF8.GetString(channel);
        Payload = payload;
    }

    public string Channel { get; }

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The payload of a message that is text.</summary>
    public string Text => Encoding.UTF8.GetString(Payload.Span);

    /// <summary>
    /// Reads a whole value of the stream; null where it is no message. A push in RESP3 and an array in RESP2 have the
    /// same content, so in RESP2 an array of these strings that answers a command is taken for a message, too.
    /// <code>
    /// >3\r\n $7\r\nmessage\r\n $channel $payload      or *3; also `smessage`, of a sharded channel
    /// >4\r\n $8\r\npmessage\r\n $pattern $channel $payload      or *4
    /// </code>
    /// </summary>
    internal static PubSubMessage? TryRead(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value[0] is not ((byte)'*' or (byte)'>') || !TryReadLength(ref value, out var count) || count is not (3 or 4))
            return null;
        var strings = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            if (value.IsEmpty || value[0] != '$' || !TryReadLength(ref value, out var length) || length < 0)
                return null;
            strings[i] = value[..length].ToArray();
            value = value[(length + 2)..];
        }

        var isMessage = count == 3
            ? strings[0].AsSpan().SequenceEqual("message"u8) || strings[0].AsSpan().SequenceEqual("smessage"u8)
            : strings[0].AsSpan().SequenceEqual("pmessage"u8);
        return isMessage ? new PubSubMessage(strings[^2], strings[^1]) : null;
    }

    private static bool TryReadLength(ref ReadOnlySpan<byte> value, out int length)
    {
        var isRead = Utf8Parser.TryParse(value[1..], out length, out var digits);
        if (isRead)
            value = value[(1 + digits + 2)..];
        return isRead;
    }
}
