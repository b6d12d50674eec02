using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using HubServer.Core;
using HubServer.Protocol;
using MessagePack;

namespace HubServer.Redis;

/// <summary>
/// A block's rows as the log and the messages carry them: a byte for the format, 1; four for the CRC-32C of what
/// follows, little-endian; then the columns' <c>data</c> map in MessagePack, as frames have it.
/// </summary>
/// <remarks>
/// The rows [1.5] of one number field: <c>01</c>, the checksum, <c>81 a6 76616c756573 91 c4 08 000000000000f83f</c>.
/// A node reads this format and the one before; there is none before the first.
/// </remarks>
internal static class BlockRows
{
    private const byte Format = 1;
    private const int HeadBytes = 1 + sizeof(uint);

    public static ReadOnlyMemory<byte> Encode(Column[] columns)
    {
        var buffer = new ByteWriter(HeadBytes + ColumnsCodec.EstimateBytes(columns));
        buffer.Advance(HeadBytes);
        var writer = new WireWriter(WireFormat.MessagePack, buffer);
        ColumnsCodec.WriteMap(ref writer, columns);
        writer.Flush();
        var bytes = buffer.Written;
        bytes[0] = Format;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[1..], Checksum(bytes[HeadBytes..]));
        return buffer.ToMemory();
    }

    /// <summary>The columns, of the kinds of a schema's fields; null where the bytes are damaged or of another format.</summary>
    public static Column[]? Decode(ReadOnlyMemory<byte> bytes, Schema schema, int count)
    {
        var span = bytes.Span;
        if (span.Length < HeadBytes || span[0] != Format || BinaryPrimitives.ReadUInt32LittleEndian(span[1..]) != Checksum(span[HeadBytes..]))
            return null;

        var reader = new MessagePackReader(bytes[HeadBytes..]);
        var columns = ReadNumbers(reader) ?? ReadAny(reader);
        if (columns.Length != schema.Fields.Count)
            return null;
        foreach (var column in columns)
        {
            if (column.Count != count)
                return null;
        }

        return columns;
    }

    /// <summary>The columns where all are numbers, as of most channels; else null.</summary>
    private static Column[]? ReadNumbers(MessagePackReader reader)
    {
        if (!BitConverter.IsLittleEndian || reader.NextMessagePackType != MessagePackType.Map || reader.ReadMapHeader() != 1)
            return null;
        if (!reader.TryReadStringSpan(out var key) || !key.SequenceEqual("values"u8) || reader.NextMessagePackType != MessagePackType.Array)
            return null;
        var columns = new Column[reader.ReadArrayHeader()];
        for (var i = 0; i < columns.Length; i++)
        {
            if (reader.NextMessagePackType != MessagePackType.Binary || reader.ReadBytes() is not { Length: var length } values || length % sizeof(double) != 0)
                return null;
            var numbers = GC.AllocateUninitializedArray<double>((int)(length / sizeof(double)));
            values.CopyTo(MemoryMarshal.AsBytes(numbers.AsSpan()));
            columns[i] = new Column(numbers);
        }

        return columns;
    }

    private static Column[] ReadAny(MessagePackReader reader)
    {
        var wire = new WireReader(reader);
        List<Column> columns = [];
        var map = wire.BeginMap();
        while (wire.NextKey(ref map, out var key))
        {
            if (key == "values")
                columns = ColumnsCodec.ReadValues(ref wire);
            else
                wire.Skip();
        }

        return [.. columns];
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes))
            crc = BitOperations.Crc32C(crc, eight);
        foreach (var one in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}
