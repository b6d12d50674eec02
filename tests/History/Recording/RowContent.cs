using System.Globalization;
using System.Numerics;
using System.Text;
using HubServer.Protocol;

namespace HubServer.History;

/// <summary>
/// What a recorded row holds: <c>p</c> its publisher, <c>seq</c> its block, <c>i</c> its place in it, <c>crc</c> the
/// checksum of all other fields, and values whose only use is to be compared. The checksum is CRC-32C over the fields
/// that are not null, by name: the name in UTF-8, then a number's bits, a text in UTF-8 or a boolean's byte.
/// </summary>
public static class RowContent
{
    private const string CrcField = "crc";
    private static readonly string[] Texts = ["", "a", "ä€😀", "a \"quoted\"\n text", "null"];

    /// <summary>Makes a block's rows.</summary>
    /// <param name="publisher">Who publishes it.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="count">Its rows.</param>
    /// <param name="time">Their time, in milliseconds since 1970.</param>
    /// <param name="optionalFields">The fields of which each block has some, so that the channel's schema grows during the run.</param>
    /// <param name="random">Decides the values.</param>
    public static (Rows Rows, HistoryRow[] Named) Make(string publisher, long sequence, int count, double time, int optionalFields, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var fields = new List<RowField> { new("time"), new("p"), new("seq"), new("i"), new("v", FieldType.Number), new("s", FieldType.String) };
        for (var i = 0; i < optionalFields; i++)
        {
            if (random.Next(4) == 0)
                fields.Add(new RowField(string.Create(CultureInfo.InvariantCulture, $"x{i}"), FieldType.Number));
        }

        var columns = fields.ConvertAll(static _ => new Column());
        var crcs = new double[count];
        var named = new HistoryRow[count];
        for (var row = 0; row < count; row++)
        {
            Fill(columns, publisher, sequence, row, time, random);
            var crc = Crc(fields.ConvertAll(static field => field.Name), columns, row);
            (crcs[row], named[row]) = (crc, new HistoryRow(publisher, sequence, row, crc));
        }

        return (new Rows([.. fields, new RowField(CrcField)], [.. columns, new Column(crcs)]), named);
    }

    /// <summary>Names a row that came back; one that is not of <see cref="Make"/> has a publisher that no history has.</summary>
    public static HistoryRow Name(Schema schema, IReadOnlyList<Column> columns, int row)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var names = schema.Fields.Select(static field => field.Key).ToList();
        var crc = Crc(names, columns, row);
        var publisher = schema.TryFind("p", out _, out var at) && columns[at].Kind == ColumnKind.String ? columns[at].Strings[row] : null;
        if (publisher is null || Number(schema, columns, row, "seq") is not { } sequence || Number(schema, columns, row, "i") is not { } index)
            return new HistoryRow("?", 0, 0, crc);

        // Rows are compared by this checksum; that in the row says who is wrong where they differ.
        return Number(schema, columns, row, CrcField) == crc
            ? new HistoryRow(publisher, (long)sequence, (int)index, crc)
            : new HistoryRow($"? (its checksum does not fit) {publisher}", (long)sequence, (int)index, crc);
    }

    private static void Fill(List<Column> columns, string publisher, long sequence, int row, double time, Random random)
    {
        columns[0].TryAdd(time);
        columns[1].TryAdd(publisher);
        columns[2].TryAdd(sequence);
        columns[3].TryAdd(row);
        for (var i = 4; i < columns.Count; i++)
        {
            if (random.Next(5) == 0)
                columns[i].AddNull();
            else if (i == 5)
                columns[i].TryAdd(Texts[random.Next(Texts.Length)]);
            else
                columns[i].TryAdd(random.Next(12) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => -0.0, _ => random.NextDouble() * 1_000 });
        }
    }

    private static double? Number(Schema schema, IReadOnlyList<Column> columns, int row, string field) =>
        schema.TryFind(field, out _, out var at) && columns[at].Kind == ColumnKind.Number && !columns[at].IsNull(row) ? columns[at].Numbers[row] : null;

    private static uint Crc(List<string> names, IReadOnlyList<Column> columns, int row)
    {
        var crc = uint.MaxValue;
        foreach (var at in Enumerable.Range(0, names.Count).OrderBy(at => names[at], StringComparer.Ordinal))
        {
            if (names[at] == CrcField || columns[at].IsNull(row))
                continue;
            crc = Add(crc, names[at]);
            crc = columns[at].Kind switch
            {
                ColumnKind.Number => BitOperations.Crc32C(crc, Bits(columns[at].Numbers[row])),
                ColumnKind.String => Add(crc, columns[at].Strings[row] ?? ""),
                _ => BitOperations.Crc32C(crc, columns[at].Booleans[row]),
            };
        }

        return ~crc;
    }

    private static uint Add(uint crc, string text)
    {
        foreach (var one in Encoding.UTF8.GetBytes(text))
            crc = BitOperations.Crc32C(crc, one);
        return crc;
    }

    /// <summary>NaN is one value, whatever its bits.</summary>
    private static ulong Bits(double number) => BitConverter.DoubleToUInt64Bits(double.IsNaN(number) ? double.NaN : number);
}
