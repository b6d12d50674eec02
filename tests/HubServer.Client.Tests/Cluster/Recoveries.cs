namespace HubServer.Client.Tests.Cluster;

/// <summary>How long each disturbance lasted.</summary>
internal sealed class Recoveries
{
    private readonly List<(DisturbanceKind Kind, TimeSpan Time)> _all = [];

    public void Add(DisturbanceKind kind, TimeSpan time) => _all.Add((kind, time));

    /// <summary>The milliseconds that so many of a hundred did not exceed.</summary>
    public double At(int percent, DisturbanceKind? kind = null)
    {
        double[] sorted = [.. _all.Where(one => kind is null || one.Kind == kind).Select(one => Math.Round(one.Time.TotalMilliseconds)).Order()];
        return sorted.Length == 0 ? 0 : sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100.0) - 1)];
    }

    /// <summary>The figures of each kind.</summary>
    public Dictionary<string, object> ByKind() => Enum.GetValues<DisturbanceKind>().ToDictionary(
        kind => kind.ToString(),
        kind => (object)new { count = _all.Count(one => one.Kind == kind), p50 = At(50, kind), p99 = At(99, kind), most = At(100, kind) });

    public override string ToString() => string.Join(", ", _all.Select(one => $"{one.Kind} {one.Time.TotalMilliseconds:0}"));
}
