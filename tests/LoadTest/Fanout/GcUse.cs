using System.Globalization;

namespace HubServer.LoadTest.Fanout;

/// <summary>What a garbage collector has done, or did between two moments.</summary>
/// <param name="Gen0">Collections of generation 0 alone.</param>
/// <param name="Gen1">Collections up to generation 1.</param>
/// <param name="Gen2">Collections of everything.</param>
/// <param name="AllocatedBytes">Bytes allocated.</param>
internal sealed record GcUse(double Gen0, double Gen1, double Gen2, double AllocatedBytes)
{
    /// <summary>Reads the metrics of the runtime out of Prometheus' text.</summary>
    public static GcUse Read(string metrics)
    {
        var lines = metrics.Split('\n');
        return new GcUse(Collections(lines, "gen0"), Collections(lines, "gen1"), Collections(lines, "gen2"), Sum(lines, "dotnet_gc_heap_total_allocated", ""));
    }

    /// <summary>What was done since.</summary>
    public GcUse Since(GcUse before) =>
        new(Gen0 - before.Gen0, Gen1 - before.Gen1, Gen2 - before.Gen2, AllocatedBytes - before.AllocatedBytes);

    private static double Collections(string[] lines, string generation) => Sum(lines, "dotnet_gc_collections", $"\"{generation}\"");

    /// <summary>A line is <c>name{labels} value [time]</c>.</summary>
    private static double Sum(string[] lines, string name, string label) => lines
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Sum(static line => ValueOf(line));

    private static double ValueOf(string line)
    {
        var name = line.Contains('}', StringComparison.Ordinal) ? line.LastIndexOf('}') + 1 : line.IndexOf(' ', StringComparison.Ordinal);
        return double.Parse(line[name..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }
}
