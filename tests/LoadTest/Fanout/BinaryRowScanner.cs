using System.Buffers.Binary;

namespace HubServer.LoadTest.Fanout;

/// <summary>Rows that are maps of MessagePack, as its resolver without contracts writes them: <c>a4 "Time" cb</c> and a float64.</summary>
internal sealed class BinaryRowScanner : IRowScanner
{
    private static ReadOnlySpan<byte> Mark => [0xa4, (byte)'T', (byte)'i', (byte)'m', (byte)'e', 0xcb];

    public int Scan(ReadOnlySpan<byte> payload, Tally tally)
    {
        var from = 0;
        while (payload[from..].IndexOf(Mark) is var at and >= 0)
        {
            var number = from + at + Mark.Length;
            if (number + sizeof(double) > payload.Length)
                return from + at;
            tally.OnRow(BinaryPrimitives.ReadDoubleBigEndian(payload[number..]));
            from = number + sizeof(double);
        }

        return Math.Max(from, payload.Length - Mark.Length + 1);
    }
}
