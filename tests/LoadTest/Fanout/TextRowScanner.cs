using System.Buffers.Text;

namespace HubServer.LoadTest.Fanout;

/// <summary>Rows that are JSON objects, one after the other: <c>{"time":1700000000000.12,...}</c>.</summary>
internal sealed class TextRowScanner : IRowScanner
{
    private static ReadOnlySpan<byte> Mark => "\"time\":"u8;

    public int Scan(ReadOnlySpan<byte> payload, Tally tally)
    {
        var from = 0;
        while (payload[from..].IndexOf(Mark) is var at and >= 0)
        {
            var number = from + at + Mark.Length;
            if (!Utf8Parser.TryParse(payload[number..], out double stamp, out var read) || number + read == payload.Length)
                return from + at; // The number may go on in what comes next.
            tally.OnRow(stamp);
            from = number + read;
        }

        return Math.Max(from, payload.Length - Mark.Length + 1);
    }
}
