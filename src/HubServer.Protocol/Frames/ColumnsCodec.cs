using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HubServer.Protocol;

/// <summary>
/// Columns on the wire, for rows on their way in and frames on their way out: <c>values</c>, a list of columns, and
/// beside it <c>entities</c>, which in JSON says where NaN and the infinities are, since JSON has no words for them.
/// </summary>
/// <remarks>
/// JSON: <c>"values":[[1700000000000,1700000001000],[1.5,null]],"entities":[null,{"NaN":[1]}]</c>, where <c>entities</c>
/// is left out when no column needs it and names nulls of <c>values</c> that stand for the value it names.
/// MessagePack: a column of numbers is a <c>bin</c> of little-endian float64, null being 0x7FF80000000007A2:
/// <c>C4 08 00 00 00 00 00 00 F8 3F</c> is [1.5]. Columns of strings and booleans are arrays.
/// </remarks>
public static class ColumnsCodec
{
    private const int BytesPerNumber = sizeof(double);

    /// <summary>Writes the map <c>{values, entities?}</c>.</summary>
    public static void WriteMap(ref WireWriter writer, scoped ReadOnlySpan<Column> columns)
    {
        var entities = CountEntities(writer.Format, columns);
        writer.BeginMap(entities > 0 ? 2 : 1);
        WriteKeys(ref writer, columns, entities);
        writer.EndMap();
    }

    /// <summary>About the bytes that <c>WriteMap</c> takes in MessagePack: a few more than that where all columns are numbers.</summary>
    public static int EstimateBytes(ReadOnlySpan<Column> columns)
    {
        const int head = 16; // The map, its key and the array.
        const int columnHead = 5;
        var bytes = head;
        foreach (var column in columns)
        {
            bytes += columnHead + (column.Count * BytesPerNumber);
            foreach (var text in column.Strings)
                bytes += text?.Length ?? 0;
        }

        return bytes;
    }

    /// <summary>The number of keys that <c>WriteKeys</c> will write.</summary>
    public static int CountKeys(WireFormat format, ReadOnlySpan<Column> columns) => CountEntities(format, columns) > 0 ? 2 : 1;

    /// <summary>Writes <c>values</c>, and <c>entities</c> where needed, into a map that the caller opened.</summary>
    public static void WriteKeys(ref WireWriter writer, scoped ReadOnlySpan<Column> columns) =>
        WriteKeys(ref writer, columns, CountEntities(writer.Format, columns));

    /// <summary>Reads <c>values</c>: columns whose kind is that of their first value.</summary>
    public static List<Column> ReadValues(ref WireReader reader) => reader.ReadList(ReadColumn);

    /// <summary>Reads <c>entities</c> into columns that were read before.</summary>
    internal static List<ColumnEntities?> ReadEntities(ref WireReader reader) => reader.ReadList(ColumnEntities.ReadOrNull);

    /// <summary>Puts NaN and infinities back where <c>entities</c> says they were.</summary>
    internal static void Apply(List<ColumnEntities?> entities, List<Column> columns)
    {
        if (entities.Count > columns.Count)
            throw ProtocolException.BadRequest($"entities has {entities.Count} entries for {columns.Count} columns; it has one for each column");
        for (var i = 0; i < entities.Count; i++)
            entities[i]?.ApplyTo(columns[i], i);
    }

    private static void WriteKeys(ref WireWriter writer, scoped ReadOnlySpan<Column> columns, int entities)
    {
        writer.Key("values");
        writer.BeginArray(columns.Length);
        foreach (var column in columns)
            WriteColumn(ref writer, column);
        writer.EndArray();
        if (entities == 0)
            return;

        writer.Key("entities");
        writer.BeginArray(columns.Length);
        foreach (var column in columns)
            ColumnEntities.Write(ref writer, column);
        writer.EndArray();
    }

    private static int CountEntities(WireFormat format, ReadOnlySpan<Column> columns)
    {
        var count = 0;
        if (format == WireFormat.Json)
        {
            foreach (var column in columns)
                count += ColumnEntities.AreIn(column) ? 1 : 0;
        }

        return count;
    }

    private static void WriteColumn(ref WireWriter writer, Column column)
    {
        switch (column.Kind)
        {
            case ColumnKind.Number when writer.Format == WireFormat.MessagePack:
                WriteBinary(ref writer, column.Numbers);
                return;
            case ColumnKind.Number:
                writer.BeginArray(column.Count);
                foreach (var number in column.Numbers)
                {
                    if (double.IsFinite(number))
                        writer.Number(number);
                    else
                        writer.Null();
                }

                break;
            case ColumnKind.String:
                writer.BeginArray(column.Count);
                foreach (var text in column.Strings)
                {
                    if (text is null)
                        writer.Null();
                    else
                        writer.String(text);
                }

                break;
            default:
                WriteBooleans(ref writer, column);
                break;
        }

        writer.EndArray();
    }

    private static void WriteBooleans(ref WireWriter writer, Column column)
    {
        writer.BeginArray(column.Count);
        for (var row = 0; row < column.Count; row++)
        {
            if (column.IsNull(row))
                writer.Null();
            else
                writer.Boolean(column.Booleans[row] == 1);
        }
    }

    private static void WriteBinary(ref WireWriter writer, ReadOnlySpan<double> numbers)
    {
        if (BitConverter.IsLittleEndian)
        {
            writer.Binary(MemoryMarshal.AsBytes(numbers));
            return;
        }

        var bytes = new byte[numbers.Length * BytesPerNumber];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * BytesPerNumber), numbers[i]);
        writer.Binary(bytes);
    }

    private static Column ReadColumn(ref WireReader reader)
    {
        if (reader.Token == WireToken.Binary)
            return ReadBinary(ref reader);

        var column = new Column();
        var scope = reader.BeginArray();
        while (reader.NextElement(ref scope))
            ReadValue(ref reader, column);
        return column;
    }

    /// <summary>Adds one value to a column: a number, a text, a boolean or null.</summary>
    public static void ReadValue(ref WireReader reader, Column column)
    {
        var fits = true;
        var token = reader.Token;
        switch (token)
        {
            case WireToken.Null:
                reader.TryReadNull();
                column.AddNull();
                break;
            case WireToken.Number: fits = column.TryAdd(reader.ReadColumnNumber()); break;
            case WireToken.String: fits = column.TryAdd(reader.ReadString()); break;
            case WireToken.Boolean: fits = column.TryAdd(reader.ReadBoolean()); break;
            default: throw reader.Error("a value is a number, a string, true, false or null");
        }

        if (!fits)
            throw reader.Error($"is a {token.ToString().ToLowerInvariant()}, but the column's earlier values are of kind {column.Kind.ToString().ToLowerInvariant()}");
    }

    private static Column ReadBinary(ref WireReader reader)
    {
        var bytes = reader.ReadBinary();
        if (bytes.Length % BytesPerNumber != 0)
            throw reader.Error($"a binary column holds float64, {BytesPerNumber} bytes each; it has {bytes.Length} bytes");

        var numbers = new double[bytes.Length / BytesPerNumber];
        bytes.CopyTo(MemoryMarshal.AsBytes(numbers.AsSpan()));
        if (!BitConverter.IsLittleEndian)
        {
            var words = MemoryMarshal.Cast<double, long>(numbers.AsSpan());
            BinaryPrimitives.ReverseEndianness(words, words);
        }

        return new Column(numbers);
    }
}
