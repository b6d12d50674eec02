using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HubServer.LoadTest.Fanout;

/// <summary>
/// HubServer's frames in MessagePack, whose first column is the rows' time: <c>a6 "values"</c>, an array of columns, and
/// <c>c4</c>, <c>c5</c> or <c>c6</c> with the length of the float64 values.
/// </summary>
internal sealed class BinaryColumnsScanner : IRowScanner
{
    private const int ArrayHeader = 1; // A row here has few fields.

    private static ReadOnlySpan<byte> Mark => [0xa6, (byte)'v', (byte)'a', (byte)'l', (byte)'u', (byte)'e', (byte)'s'];

    public int Scan(ReadOnlySpan<byte> payload, Tally tally)
    {
        var from = 0;
        while (payload[from..].IndexOf(Mark) is var at and >= 0)
        {
            var column = payload[(from + at + Mark.Length)..];
            if (!TryReadBytes(column, out var start, out var length) || start + length > column.Length)
                return from + at;
            foreach (var stamp in MemoryMarshal.Cast<byte, double>(column.Slice(start, length)))
                tally.OnRow(stamp);
            from += at + Mark.Length + start + length;
        }

        return Math.Max(from, payload.Length - Mark.Length + 1);
    }

    private static bool TryReadBytes(ReadOnlySpan<byte> column, out int start, out int length)
    {
        const byte bin8 = 0xc4, bin16 = 0xc5, bin32 = 0xc6;
        (start, length) = (ArrayHeader + 1, 0);
        if (column.Length < start + sizeof(uint))
            return false;
        var size = column[start..];
        switch (column[ArrayHeader])
        {
            case bin8: (start, length) = (start + sizeof(byte), size[0]); break;
            case bin16: (start, length) = (start + sizeof(ushort), BinaryPrimitives.ReadUInt16BigEndian(size)); break;
            case bin32: (start, length) = (start + sizeof(uint), (int)BinaryPrimitives.ReadUInt32BigEndian(size)); break;
            default: start = 0; break; // A column of nulls, or no rows at all.
        }

        return true;
    }
}
