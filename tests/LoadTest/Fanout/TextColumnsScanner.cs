using System.Buffers.Text;

namespace HubServer.LoadTest.Fanout;

/// <summary>HubServer's frames in JSON, whose first column is the rows' time: <c>"values":[[1700000000000.12,...],...]</c>.</summary>
internal sealed class TextColumnsScanner : IRowScanner
{
    private static ReadOnlySpan<byte> Mark => "\"values\":[["u8;

    public int Scan(ReadOnlySpan<byte> payload, Tally tally)
    {
        var from = 0;
        while (payload[from..].IndexOf(Mark) is var at and >= 0)
        {
            var column = payload[(from + at + Mark.Length)..];
            var end = column.IndexOf((byte)']');
            if (end < 0)
                return from + at;
            for (var left = column[..end]; Utf8Parser.TryParse(left, out double stamp, out var read); left = left[Math.Min(read + 1, left.Length)..])
                tally.OnRow(stamp);
            from += at + Mark.Length + end;
        }

        return Math.Max(from, payload.Length - Mark.Length + 1);
    }
}
