using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HubServer.Fixtures;

namespace HubServer.Tests;

/// <summary>What Prometheus gets from the program.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task Metrics_FollowTheFormatAndWhatTheNodeDoes()
    {
        await using var server = ServerProcess.Start("--HubServer:Sources:Host:Enabled", "false", "--HubServer:Channels:MaxLabels", "0");
        using var http = new HttpClient { BaseAddress = await server.UrlAsync() };
        var before = await ReadAsync(http);

        await PostAsync(http, "a", """[{"value": 1}, {"value": 2}]""");
        await PostAsync(http, "b%7Bx%3D%22y%22%7D", """{"value": 1}""");
        using var stream = await http.GetStreamAsync(new Uri("/api/stream?selector=a&intervalMs=0", UriKind.Relative));
        using var lines = new StreamReader(stream);
        Assert.Contains("snapshot", await lines.ReadLineAsync(), StringComparison.Ordinal);
        var after = before;
        await Wait.Eventually(
            async () => (after = await ReadAsync(http))["hubserver_rows_out_total"] > 0,
            "the next scrape, once the exporter does not answer from its cache, sees the rows");

        Assert.Equal(0, before["hubserver_rows_in_total"]);
        Assert.Equal(2, after["hubserver_rows_in_total"]);
        Assert.Equal(2, after["hubserver_rows_out_total"]);
        Assert.Equal(1, after["hubserver_channels"]);
        Assert.Equal(1, after["hubserver_queries"]);
        Assert.Equal(1, after["hubserver_feeds_channels"]);
        Assert.Equal(1, after["hubserver_blocks_total{result=\"appended\"}"]);
        Assert.Equal(1, after["hubserver_rows_refused_total"]);
        Assert.Equal(1, after["hubserver_limits_reached_total{limit=\"Channels:MaxLabels\"}"]);
        Assert.Equal(100_000, after["hubserver_limit{limit=\"Channels:MaxChannels\"}"]);
        Assert.InRange(after["hubserver_rings_size_bytes"], 1, 1_000);
        Assert.Contains("kestrel_active_connections", string.Join(' ', after.Keys), StringComparison.Ordinal);
        Assert.Contains("dotnet_process_memory_working_set_bytes", after.Keys);
    }

    private static async Task PostAsync(HttpClient http, string channel, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri($"/api/channels/{channel}/rows", UriKind.Relative), content);
    }

    /// <summary>The samples, by name and labels without that of the meter; a line that is none fails.</summary>
    private static async Task<Dictionary<string, double>> ReadAsync(HttpClient http)
    {
        var samples = new Dictionary<string, double>();
        var families = new HashSet<string>();
        foreach (var line in (await http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                Assert.True(families.Add(line.Split(' ')[2]), $"{line}: described twice");
            if (line[0] == '#')
                continue;

            var sample = Sample().Match(line);
            Assert.True(sample.Success, $"no sample: {line}");
            Assert.True(families.Contains(HistogramPart().Replace(sample.Groups["name"].Value, "")) || families.Contains(sample.Groups["name"].Value), $"{line}: without a type");
            var labels = Meter().Replace(sample.Groups["labels"].Value, "");
            var value = double.Parse(sample.Groups["value"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            Assert.True(samples.TryAdd(sample.Groups["name"].Value + (labels.Length > 0 ? $"{{{labels}}}" : ""), value), $"{line}: twice");
        }

        return samples;
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (?<value>[-+]?(?:Inf|NaN|[0-9.eE+-]+))(?: \d+)?$""")]
    private static partial Regex Sample();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramPart();

    [GeneratedRegex("""otel_scope_\w+="[^"]*",?""")]
    private static partial Regex Meter();
}
