using System.Globalization;
using System.Text.RegularExpressions;

namespace HubServer.Fixtures;

/// <summary>
/// What one scrape in Prometheus' text format says, by name and labels. The labels that name the meter
/// (<c>otel_scope_...</c>) are left out. A line that does not follow the format is an error.
/// <code>
/// # TYPE hubserver_blocks_total counter
/// hubserver_blocks_total{otel_scope_name="HubServer",result="appended"} 12 1700000000000
/// </code>
/// </summary>
public sealed partial class MetricSamples
{
    private readonly Dictionary<string, double> _values = [];
    private readonly HashSet<string> _families = [];

    private MetricSamples()
    {
    }

    /// <summary>The samples' names without their labels.</summary>
    public IReadOnlySet<string> Names => _values.Keys.Select(NameOf).ToHashSet();

    /// <summary>The value of the sample with this name and exactly these labels, in any order.</summary>
    public double this[string name, params (string Name, string Value)[] labels] => Find(name, labels)
        ?? throw new KeyNotFoundException($"no {Key(name, labels)}; there are: {string.Join(' ', _values.Keys.Where(key => NameOf(key) == name))}");

    /// <summary>The same; null where there is none, as before its first measurement.</summary>
    public double? Find(string name, params (string Name, string Value)[] labels) => _values.TryGetValue(Key(name, labels), out var value) ? value : null;

    /// <summary>The sum of all samples with this name, whatever their labels; 0 for none.</summary>
    public double Sum(string name) => _values.Where(sample => NameOf(sample.Key) == name).Sum(sample => sample.Value);

    public static MetricSamples Parse(string text)
    {
        var samples = new MetricSamples();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#')
                samples.Add(line);
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal) && !samples._families.Add(line.Split(' ')[2]))
                throw new FormatException($"{line}: described twice");
        }

        return samples;
    }

    private static string NameOf(string key) => key.Split('{')[0];

    private static string Key(string name, IEnumerable<(string Name, string Value)> labels)
    {
        var texts = labels.OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => $"{label.Name}=\"{label.Value}\"").ToArray();
        return texts.Length > 0 ? $"{name}{{{string.Join(',', texts)}}}" : name;
    }

    private void Add(string line)
    {
        var sample = Sample().Match(line);
        if (!sample.Success)
            throw new FormatException($"no sample: {line}");
        var name = sample.Groups["name"].Value;
        if (!_families.Contains(name) && !_families.Contains(HistogramPart().Replace(name, "")))
            throw new FormatException($"{line}: without a type");

        var labels = Label().Matches(sample.Groups["labels"].Value)
            .Select(label => (label.Groups["name"].Value, Escape().Replace(label.Groups["value"].Value, escape => escape.Value == "\\n" ? "\n" : escape.Value[1..])))
            .Where(label => !label.Item1.StartsWith("otel_scope_", StringComparison.Ordinal));
        var value = double.Parse(sample.Groups["value"].Value.Replace("Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        if (!_values.TryAdd(Key(name, labels), value))
            throw new FormatException($"{line}: twice");
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (?<value>[-+]?(?:Inf|NaN|[0-9.eE+-]+))(?: \d+)?$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>[a-zA-Z_]\w*)="(?<value>(?:[^"\\]|\\.)*)",?""")]
    private static partial Regex Label();

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escape();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramPart();
}
