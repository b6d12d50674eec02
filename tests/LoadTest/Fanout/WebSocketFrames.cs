using System.Buffers.Binary;

namespace HubServer.LoadTest.Fanout;

/// <summary>The frames of RFC 6455, section 5.2, as far as a client without extensions needs them.</summary>
internal static class WebSocketFrames
{
    /// <summary>The opcodes from here on are those of control frames.</summary>
    public const int FirstControl = 8;

    /// <summary>The opcode of a frame that closes.</summary>
    public const int Close = 8;

    private const int Text = 1;
    private const int Binary = 2;
    private const byte Final = 0x80;
    private const byte Masked = 0x80;
    private const int Length16 = 126;
    private const int Length64 = 127;
    private const int MaskBytes = 4;

    /// <summary>A message of the client in one frame.</summary>
    public static byte[] Of(ReadOnlySpan<byte> payload, bool isBinary)
    {
        var frame = new byte[2 + sizeof(ulong) + MaskBytes + payload.Length];
        frame[0] = (byte)(Final | (isBinary ? Binary : Text));
        var header = 2;
        if (payload.Length < Length16)
        {
            frame[1] = (byte)(Masked | payload.Length);
        }
        else
        {
            frame[1] = Masked | Length64;
            BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(header), (ulong)payload.Length);
            header += sizeof(ulong);
        }

        // A mask of zeros is one, too, and leaves the bytes as they are; there is no proxy here to be protected.
        header += MaskBytes;
        payload.CopyTo(frame.AsSpan(header));
        return frame[..(header + payload.Length)];
    }

    /// <summary>Reads the header of a server's frame; false where it is not all there.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, out int headerBytes, out int opcode, out long length)
    {
        (headerBytes, opcode, length) = (2, 0, 0);
        if (bytes.Length < headerBytes)
            return false;
        opcode = bytes[0] & 0x0f;
        length = bytes[1] & 0x7f;
        headerBytes += length switch { Length16 => sizeof(ushort), Length64 => sizeof(ulong), _ => 0 };
        if (bytes.Length < headerBytes)
            return false;
        length = length switch
        {
            Length16 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            Length64 => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            _ => length,
        };
        return true;
    }
}
