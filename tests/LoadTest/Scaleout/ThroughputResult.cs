using System.Globalization;

namespace HubServer.LoadTest.Scaleout;

/// <summary>One turn of a system at a load.</summary>
/// <param name="Ingested">Rows a second that the first node took.</param>
/// <param name="Seen">Rows a second that the subscriber of each other node got.</param>
/// <param name="Delivered">Rows that those got in all; each row counts once for each of them.</param>
/// <param name="Lost">Rows that did not come, or came twice or out of order, without a word.</param>
/// <param name="Announced">Rows that gaps said are lost.</param>
/// <param name="Cpu">Milliseconds for 1,000 delivered rows.</param>
internal sealed record ThroughputResult(double Ingested, double[] Seen, long Delivered, long Lost, long Announced, CpuUse Cpu)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Ingested:N0} rows/s taken, {Seen.Min():N0} seen, {Lost} lost, {Announced} in gaps; CPU ms per 1,000 delivered rows: {Cpu.Total:F3}");
}
