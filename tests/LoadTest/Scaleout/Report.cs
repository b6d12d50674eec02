using System.Globalization;

namespace HubServer.LoadTest.Scaleout;

/// <summary>What was measured: turn for turn as JSON, and medians as a table.</summary>
internal sealed class Report(RunOptions options)
{
    private readonly Dictionary<(string Load, string System), List<ThroughputResult>> _throughput = [];
    private readonly Dictionary<string, List<LatencyResult>> _latency = [];
    private readonly Dictionary<string, List<ScriptResult>> _script = [];

    public ThroughputResult Add(Load load, IScaleoutSystem system, ThroughputResult result) => Add(_throughput, (load.Name, system.Name), result);

    public LatencyResult Add(IScaleoutSystem system, LatencyResult result) => Add(_latency, system.Name, result);

    public ScriptResult Add(Load load, ScriptResult result) => Add(_script, load.Name, result);

    /// <summary>Writes the medians.</summary>
    public void Print(TextWriter to)
    {
        foreach (var load in _throughput.Keys.Select(static key => key.Load).Distinct())
        {
            to.WriteLine($"{load,-10}{"rows/s taken",18}{"seen, each other",18}{"lost",11}{"gaps",11}{"CPU ms per 1,000 delivered rows: first",40}{"others",9}{"Redis",9}{"all",9}{"ratio",8}");
            var product = Cpu(load, new ProductSystem().Name);
            foreach (var ((_, system), turns) in _throughput.Where(entry => entry.Key.Load == load))
            {
                var all = Median(turns, static one => one.Cpu.Total);
                to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{system,-18}{Median(turns, static one => one.Ingested),10:N0}{Median(turns, static one => one.Seen.Min()),18:N0}{turns.Sum(static one => one.Lost),11}{turns.Sum(static one => one.Announced),11}{Median(turns, static one => one.Cpu.Nodes[0]),40:F3}{Median(turns, static one => one.Cpu.Nodes[1] + one.Cpu.Nodes[2]),9:F3}{Median(turns, static one => one.Cpu.Redis),9:F3}{all,9:F3}{all / product,8:F2}"));
            }
        }

        foreach (var (system, turns) in _latency)
            to.WriteLine($"latency   {system,-18} {MedianOf(turns)}");
        foreach (var (load, turns) in _script)
            to.WriteLine($"script    {load,-18} {MedianOf(turns)}");
    }

    /// <summary>Writes everything.</summary>
    public void Save(string path)
    {
        var content = new
        {
            machine = ResultFile.Machine,
            turns = options.Turns,
            seconds = options.Measured.TotalSeconds,
            throughput = _throughput.Select(entry => new { load = entry.Key.Load, system = entry.Key.System, median = MedianOf(entry.Value), cpuToProduct = Round(Median(entry.Value, static one => one.Cpu.Total) / Cpu(entry.Key.Load, new ProductSystem().Name)), turns = entry.Value }),
            latency = _latency.Select(static entry => new { system = entry.Key, median = MedianOf(entry.Value), turns = entry.Value }),
            script = _script.Select(static entry => new { load = entry.Key, median = MedianOf(entry.Value), turns = entry.Value }),
        };
        ResultFile.Write(path, content);
    }

    private double Cpu(string load, string system) =>
        _throughput.TryGetValue((load, system), out var turns) ? Median(turns, static one => one.Cpu.Total) : double.NaN;

    private static T Add<TKey, T>(Dictionary<TKey, List<T>> results, TKey key, T result)
        where TKey : notnull
    {
        if (!results.TryGetValue(key, out var list))
            results[key] = list = [];
        list.Add(result);
        return result;
    }

    private static object MedianOf(List<ThroughputResult> turns) => new
    {
        ingested = Round(Median(turns, static one => one.Ingested)),
        seen = Round(Median(turns, static one => one.Seen.Min())),
        lost = turns.Sum(static one => one.Lost),
        announced = turns.Sum(static one => one.Announced),
        cpuFirst = Round(Median(turns, static one => one.Cpu.Nodes[0])),
        cpuOthers = Round(Median(turns, static one => one.Cpu.Nodes[1] + one.Cpu.Nodes[2])),
        cpuRedis = Round(Median(turns, static one => one.Cpu.Redis)),
        cpuAll = Round(Median(turns, static one => one.Cpu.Total)),
    };

    private static LatencyResult MedianOf(List<LatencyResult> turns) =>
        new(Round(Median(turns, static one => one.P50)), Round(Median(turns, static one => one.P99)), Round(Median(turns, static one => one.Max)), turns.Sum(static one => one.Rows), Round(Median(turns, static one => one.SentLateP99)));

    private static ScriptResult MedianOf(List<ScriptResult> turns) =>
        new(Round(Median(turns, static one => one.RowsPerSecond)), Round(Median(turns, static one => one.CallsPerSecond)), Round(Median(turns, static one => one.BlocksPerCall)), Round(Median(turns, static one => one.RedisCpu)));

    private static double Median<T>(List<T> turns, Func<T, double> value) => turns.Select(value).Order().ElementAt(turns.Count / 2);

    private static double Round(double value) => double.IsFinite(value) ? Math.Round(value, 4) : 0;
}
