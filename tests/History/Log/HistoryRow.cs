using System.Globalization;
using System.Text.Json.Serialization;

namespace HubServer.History;

/// <summary>A row as a history names it: who published it, where in that publisher's work it stands, and what it holds.</summary>
/// <param name="Publisher">The publisher.</param>
/// <param name="Sequence">The publisher's number for the block.</param>
/// <param name="Index">The row in the block, from 0.</param>
/// <param name="Crc">A checksum over the row's fields and values, see <see cref="RowContent"/>.</param>
[JsonConverter(typeof(HistoryRowConverter))]
public readonly record struct HistoryRow(string Publisher, long Sequence, int Index, uint Crc)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static HistoryRow Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':');
        if (parts.Length < 4)
            throw new FormatException($"'{text}' is no row of a history; it is publisher:sequence:index:crc");
        return new HistoryRow(
            string.Intern(string.Join(':', parts[..^3])), // A history has millions of rows of a few publishers.
            long.Parse(parts[^3], CultureInfo.InvariantCulture),
            int.Parse(parts[^2], CultureInfo.InvariantCulture),
            uint.Parse(parts[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    /// <summary>The row as text: <c>p1:17:3:9ae0daaf</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Publisher}:{Sequence}:{Index}:{Crc:x8}");
}
