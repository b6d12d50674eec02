using System.Text;

namespace HubServer.LoadTest.Fanout;

/// <summary>Keeps the end of what the publisher was answered, for the one who wonders why no rows came.</summary>
internal sealed class TailScanner : IRowScanner
{
    private const int Kept = 300;

    private volatile string _last = "";

    /// <summary>The last answer, as far as it is text.</summary>
    public string Last => _last;

    public int Scan(ReadOnlySpan<byte> payload, Tally tally)
    {
        _last = Encoding.Latin1.GetString(payload[Math.Max(0, payload.Length - Kept)..]).ReplaceLineEndings(" ");
        return payload.Length;
    }
}
