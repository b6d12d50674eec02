using System.Globalization;

namespace HubServer.LoadTest.Fanout;

/// <summary>What was measured: turn for turn as JSON, and medians as a table.</summary>
internal sealed class FanoutReport(RunOptions options)
{
    private static readonly string Product = Systems.All[0].Name;

    private readonly Dictionary<(FanoutLoad Load, Phase Phase, string System), List<FanoutResult>> _results = [];
    private readonly List<string> _remarks = [];

    public void Add(FanoutLoad load, Phase phase, IFanoutSystem system, FanoutResult result)
    {
        if (!_results.TryGetValue((load, phase, system.Name), out var turns))
            _results[(load, phase, system.Name)] = turns = [];
        turns.Add(result);
    }

    public void AddMissing(IFanoutSystem system, string command) => _remarks.Add($"{system.Name} was not measured, since it is not installed: {command}");

    public void AddFailure(int turn, FanoutLoad load, IFanoutSystem system, string what) => _remarks.Add($"turn {turn}, {load.Name}, {system.Name} failed: {what}");

    /// <summary>Writes the medians, and each system's processor time for a row over HubServer's.</summary>
    public void Print(TextWriter to)
    {
        foreach (var ((load, phase), systems) in ByPhase())
        {
            to.WriteLine();
            to.WriteLine($"{$"{load.Name}: {phase.Name}",-34}{"delivered",12}{"lost",8}{"p50 ms",9}{"p99 ms",9}{"p99.9",9}{"B/row",8}{"CPU us/row",12}{"to HubServer",14}{"load us/row",13}{"MB",8}{"KB/conn",9}{"KB/query",10}{"s",8}{"gen2",6}{"MB/s",8}");
            foreach (var (system, turns) in systems)
                to.WriteLine($"  {system,-32}{Cell(turns, "delivered", 12, "N0")}{Cell(turns, "lost", 8, "N0")}{Cell(turns, "p50", 9)}{Cell(turns, "p99", 9)}{Cell(turns, "p999", 9)}{Cell(turns, "bytesPerRow", 8, "F1")}{Cell(turns, "cpuPerRow", 12)}{Text(RatioOf(load, phase, turns), 14)}{Cell(turns, "loadCpuPerRow", 13)}{Cell(turns, "memoryMb", 8, "F0")}{Cell(turns, "kbPerConnection", 9, "F1")}{Cell(turns, "kbPerQuery", 10, "F1")}{Cell(turns, "seconds", 8)}{Cell(turns, "gen2", 6, "F0")}{Cell(turns, "allocatedPerSecond", 8)}");
        }

        foreach (var (load, system, slope) in Slopes())
            to.WriteLine($"{load.Name}: one more viewer, CPU us for each row, {system,-26}{Text(slope, 9, "F3")}{Text(slope / Slopes().FirstOrDefault(one => one.Load == load && one.System == Product).CpuPerRow, 14)} to HubServer");
        foreach (var remark in _remarks)
            to.WriteLine($"!! {remark}");
    }

    /// <summary>Writes everything about one load into a file of its own, so that loads can be measured one at a time.</summary>
    public void Save(FanoutLoad load)
    {
        var content = new
        {
            machine = ResultFile.Machine,
            turns = options.Turns,
            seconds = options.Measured.TotalSeconds,
            warmUp = options.WarmUp.TotalSeconds,
            scale = options.Scale,
            remarks = _remarks,
            results = _results.Where(entry => entry.Key.Load == load).Select(entry => new
            {
                phase = entry.Key.Phase.Name,
                system = entry.Key.System,
                publishing = entry.Key.Phase.Form.ToString(),
                cpuToHubServer = Round(RatioOf(entry.Key.Load, entry.Key.Phase, entry.Value)),
                median = entry.Value[0].Figures.ToDictionary(static figure => figure.Name, figure => Round(Median(entry.Value, figure.Name))),
                turns = entry.Value.Select(static turn => turn.Figures.ToDictionary(static figure => figure.Name, static figure => Round(figure.Value))),
            }),
            slopes = Slopes().Where(slope => slope.Load == load).Select(static slope => new { system = slope.System, cpuPerRow = Round(slope.CpuPerRow) }),
        };
        Directory.CreateDirectory(options.Results);
        ResultFile.Write(Path.Combine(options.Results, $"{load.Name}.json"), content);
    }

    private IEnumerable<((FanoutLoad Load, Phase Phase) Key, IEnumerable<(string System, List<FanoutResult> Turns)> Systems)> ByPhase() => _results
        .GroupBy(static entry => (entry.Key.Load, entry.Key.Phase))
        .Select(static group => (group.Key, group.Select(static entry => (entry.Key.System, entry.Value)).OrderBy(static entry => IndexOf(entry.System)).AsEnumerable()));

    private static int IndexOf(string name) => Systems.All.TakeWhile(system => system.Name != name).Count();

    /// <summary>What the viewers between the two ends of the line cost, for each row that came to each of them.</summary>
    private IEnumerable<(FanoutLoad Load, string System, double CpuPerRow)> Slopes()
    {
        foreach (var ((load, phase, system), turns) in _results.Where(static entry => entry.Key.Phase.Name == entry.Key.Load.Slope?.To))
        {
            var from = load.Phases.Single(other => other.Name == load.Slope?.From);
            if (!_results.TryGetValue((load, from, system), out var before))
                continue;
            var (few, many) = (options.Viewers(from.Viewers), options.Viewers(phase.Viewers));
            // By the row rather than by the second, which is longer where a server cannot keep up.
            yield return (load, system, ((Median(turns, "cpuPerRow") * many) - (Median(before, "cpuPerRow") * few)) / (many - few));
        }
    }

    private double RatioOf(FanoutLoad load, Phase phase, List<FanoutResult> turns) =>
        _results.TryGetValue((load, phase, Product), out var product) ? Median(turns, "cpuPerRow") / Median(product, "cpuPerRow") : double.NaN;

    private static string Cell(List<FanoutResult> turns, string figure, int width, string format = "F2") => Text(Median(turns, figure), width, format);

    private static string Text(double value, int width, string format = "F2") =>
        (double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-").PadLeft(width);

    private static double Median(List<FanoutResult> turns, string figure)
    {
        double[] values = [.. turns.SelectMany(static turn => turn.Figures).Where(one => one.Name == figure).Select(static one => one.Value).Order()];
        return values.Length == 0 ? double.NaN : values[values.Length / 2];
    }

    private static double? Round(double value) => double.IsFinite(value) ? Math.Round(value, 4) : null;
}
