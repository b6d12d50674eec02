using System.Globalization;

namespace HubServer.LoadTest.Scaleout;

/// <summary>How long rows were under way, in milliseconds from when they were due to be sent.</summary>
/// <param name="P50">Half of them took at most this.</param>
/// <param name="P99">All but a hundredth took at most this.</param>
/// <param name="Max">The slowest.</param>
/// <param name="Rows">How many were measured; each counts once for each subscriber.</param>
/// <param name="SentLateP99">The publisher's own part: how late it sent all but a hundredth.</param>
internal sealed record LatencyResult(double P50, double P99, double Max, int Rows, double SentLateP99)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {P50:F2} ms, p99 {P99:F2} ms, max {Max:F2} ms (sent late, p99: {SentLateP99:F2} ms)");
}
