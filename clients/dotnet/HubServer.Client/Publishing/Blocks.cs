using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>Cuts rows into blocks, each of which a server takes as a whole or not at all (PROTOCOL.md 5.2).</summary>
internal static class Blocks
{
    /// <summary>The most rows of a block.</summary>
    public const int MaxRows = 1_000;

    /// <summary>The most bytes of a block, as the server counts them.</summary>
    public const int MaxBytes = 128 << 10;

    // What the server counts for a text besides its characters.
    private const int TextOverhead = 24;

    /// <summary>The bytes of a text as the server counts them, besides the eight that each value takes.</summary>
    public static int TextBytes(string? text) => text is null ? 0 : TextOverhead + text.Length;

    /// <summary>The lengths of the blocks, in order; none for no rows.</summary>
    public static List<int> Lengths(Rows rows)
    {
        var lengths = new List<int>();
        var (length, bytes) = (0, 0L);
        for (var row = 0; row < rows.Count; row++)
        {
            var size = RowBytes(rows, row);
            if (length > 0 && (length == MaxRows || bytes + size > MaxBytes))
            {
                lengths.Add(length);
                (length, bytes) = (0, 0);
            }

            length++;
            bytes += size;
        }

        if (length > 0)
            lengths.Add(length);
        return lengths;
    }

    /// <summary>A copy of some of the rows, or the rows themselves where that is all of them.</summary>
    public static Rows Slice(Rows rows, int start, int count) =>
        count == rows.Count ? rows : new Rows(rows.Fields, Array.ConvertAll(rows.Columns, column => column.Slice(start, count)));

    private static long RowBytes(Rows rows, int row)
    {
        // The time counts also where the server is left to fill it in. Fields that the channel has besides are not known here.
        var bytes = (rows.Columns.Length + 1L) * sizeof(double);
        foreach (var column in rows.Columns)
        {
            if (column.Kind == ColumnKind.String)
                bytes += TextBytes(column.Strings[row]);
        }

        return bytes;
    }
}
