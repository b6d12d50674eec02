using System.Globalization;

namespace HubServer.ScaleoutBenchmark;

/// <summary>What is run.</summary>
/// <param name="Turns">How often each system is measured at each load.</param>
/// <param name="Measured">How long a turn is measured.</param>
/// <param name="Results">The file of the results.</param>
/// <param name="Only">The measurements that are made; empty for all.</param>
/// <param name="Systems">The systems that are measured, by the beginning of their names; empty for all.</param>
internal sealed record BenchmarkOptions(int Turns, TimeSpan Measured, string Results, string[] Only, string[] Systems)
{
    /// <summary>How a run is started.</summary>
    public const string Usage = "dotnet run -c Release --project tests/ScaleoutBenchmark -- [--turns 3] [--seconds 8] [--results FILE] [--only blocks,rows,latency,script] [--systems hubserver,signalr]";

    /// <summary>How long a turn runs before it is measured.</summary>
    public TimeSpan WarmUp { get; } = TimeSpan.FromSeconds(4);

    /// <summary>Reads arguments; null where they are wrong.</summary>
    public static BenchmarkOptions? Read(string[] args, string results)
    {
        var options = new BenchmarkOptions(3, TimeSpan.FromSeconds(8), results, [], []);
        foreach (var pair in args.Chunk(2))
        {
            if (pair is not [var name, var value])
                return null;
            switch (name)
            {
                case "--turns" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var turns) && turns > 0: options = options with { Turns = turns }; break;
                case "--seconds" when double.TryParse(value, CultureInfo.InvariantCulture, out var seconds) && seconds > 0: options = options with { Measured = TimeSpan.FromSeconds(seconds) }; break;
                case "--results": options = options with { Results = value }; break;
                case "--only": options = options with { Only = value.Split(',') }; break;
                case "--systems": options = options with { Systems = value.Split(',') }; break;
                default: return null;
            }
        }

        return options;
    }

    public bool Wants(string measurement) => Only.Length == 0 || Only.Contains(measurement);

    public bool Wants(IScaleoutSystem system) => Systems.Length == 0 || Systems.Any(name => system.Name.StartsWith(name, StringComparison.Ordinal));
}
