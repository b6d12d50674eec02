using System.Globalization;

namespace HubServer.ScaleoutBenchmark;

/// <summary>What is run.</summary>
/// <param name="Turns">How often each system is measured at each load.</param>
/// <param name="Measured">How long a turn is measured.</param>
/// <param name="WarmUp">How long a turn runs before it is measured: on few cores it takes long until all code is compiled.</param>
/// <param name="Results">The file of the results.</param>
/// <param name="Only">The measurements that are made; empty for all.</param>
/// <param name="Systems">The systems that are measured, by the beginning of their names; empty for all.</param>
internal sealed record BenchmarkOptions(int Turns, TimeSpan Measured, TimeSpan WarmUp, string Results, string[] Only, string[] Systems)
{
    /// <summary>How a run is started.</summary>
    public const string Usage = "dotnet run -c Release --project tests/ScaleoutBenchmark -- [--turns 3] [--seconds 8] [--warmup 12] [--results FILE] [--only blocks,rows,latency,script] [--systems hubserver,signalr]";

    /// <summary>Reads arguments; null where they are wrong.</summary>
    public static BenchmarkOptions? Read(string[] args, string results)
    {
        var options = new BenchmarkOptions(3, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(12), results, [], []);
        foreach (var pair in args.Chunk(2))
        {
            if (pair is not [var name, var value])
                return null;
            switch (name)
            {
                case "--turns" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var turns) && turns > 0: options = options with { Turns = turns }; break;
                case "--seconds" when TryRead(value, out var time): options = options with { Measured = time }; break;
                case "--warmup" when TryRead(value, out var time): options = options with { WarmUp = time }; break;
                case "--results": options = options with { Results = value }; break;
                case "--only": options = options with { Only = value.Split(',') }; break;
                case "--systems": options = options with { Systems = value.Split(',') }; break;
                default: return null;
            }
        }

        return options;
    }

    /// <summary>Whether a measurement is made.</summary>
    public bool Wants(string measurement) => Only.Length == 0 || Only.Contains(measurement);

    /// <summary>Whether a system is measured.</summary>
    public bool Wants(IScaleoutSystem system) => Systems.Length == 0 || Systems.Any(name => system.Name.StartsWith(name, StringComparison.Ordinal));

    private static bool TryRead(string value, out TimeSpan time)
    {
        var isRead = double.TryParse(value, CultureInfo.InvariantCulture, out var seconds) && seconds > 0;
        time = TimeSpan.FromSeconds(isRead ? seconds : 0);
        return isRead;
    }
}
