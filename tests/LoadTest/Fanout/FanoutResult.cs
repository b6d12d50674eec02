using System.Globalization;

namespace HubServer.LoadTest.Fanout;

/// <summary>One measurement of a system. What a kind of measurement does not have is NaN, and left out of the results.</summary>
internal sealed record FanoutResult
{
    /// <summary>Rows that came to viewers; each counts once for each viewer.</summary>
    public double Delivered { get; init; }

    /// <summary>Rows that viewers are missing at the end.</summary>
    public double Lost { get; init; }

    /// <summary>Connections of viewers that the server ended.</summary>
    public double Closed { get; init; }

    /// <summary>Slow viewers that the server gave up.</summary>
    public double SlowClosed { get; init; } = double.NaN;

    /// <summary>Half the rows came at most so many milliseconds after they were due to be sent.</summary>
    public double P50 { get; init; } = double.NaN;

    /// <summary>All but a hundredth did.</summary>
    public double P99 { get; init; } = double.NaN;

    /// <summary>All but a thousandth did.</summary>
    public double P999 { get; init; } = double.NaN;

    /// <summary>The publisher's own part: how many milliseconds late it sent all but a hundredth.</summary>
    public double SentLateP99 { get; init; } = double.NaN;

    /// <summary>Bytes that viewers received for a row, with all headers but TCP's.</summary>
    public double BytesPerRow { get; init; } = double.NaN;

    /// <summary>Microseconds of the server's processor time for a delivered row, what it spends on the publisher included.</summary>
    public double CpuPerRow { get; init; } = double.NaN;

    /// <summary>Milliseconds of the server's processor time in a second.</summary>
    public double CpuPerSecond { get; init; } = double.NaN;

    /// <summary>Microseconds of this program's processor time for a delivered row, of viewers and publisher.</summary>
    public double LoadCpuPerRow { get; init; } = double.NaN;

    /// <summary>Seconds until all viewers had all rows.</summary>
    public double Seconds { get; init; } = double.NaN;

    /// <summary>MB of memory that the server holds at the end.</summary>
    public double MemoryMb { get; init; } = double.NaN;

    /// <summary>KB of memory that the server took up for each connection that says nothing.</summary>
    public double KbPerConnection { get; init; } = double.NaN;

    /// <summary>KB of memory that the server took up for each viewer when idle connections asked for rows that do not come.</summary>
    public double KbPerQuery { get; init; } = double.NaN;

    /// <summary>Collections of each generation.</summary>
    public double Gen0 { get; init; } = double.NaN;

    public double Gen1 { get; init; } = double.NaN;

    public double Gen2 { get; init; } = double.NaN;

    /// <summary>MB that the server allocated in a second.</summary>
    public double AllocatedPerSecond { get; init; } = double.NaN;

    /// <summary>The figures that there are, by name.</summary>
    public IEnumerable<(string Name, double Value)> Figures => Everything.Where(static figure => double.IsFinite(figure.Value));

    public override string ToString() =>
        string.Join(", ", Figures.Select(static figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Name} {figure.Value:0.###}")));

    private (string Name, double Value)[] Everything =>
    [
        ("delivered", Delivered), ("lost", Lost), ("closed", Closed), ("slowClosed", SlowClosed), ("p50", P50), ("p99", P99), ("p999", P999), ("sentLateP99", SentLateP99),
        ("bytesPerRow", BytesPerRow), ("cpuPerRow", CpuPerRow), ("cpuPerSecond", CpuPerSecond), ("loadCpuPerRow", LoadCpuPerRow), ("seconds", Seconds),
        ("memoryMb", MemoryMb), ("kbPerConnection", KbPerConnection), ("kbPerQuery", KbPerQuery), ("gen0", Gen0), ("gen1", Gen1), ("gen2", Gen2),
        ("allocatedPerSecond", AllocatedPerSecond),
    ];
}
