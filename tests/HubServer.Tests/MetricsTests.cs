using System.Text;
using HubServer.Fixtures;

namespace HubServer.Tests;

/// <summary>What Prometheus gets from the program.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_FollowTheFormatAndWhatTheNodeDoes()
    {
        await using var server = NodeProcess.Start("--HubServer:Sources:Host:Enabled", "false", "--HubServer:Channels:MaxLabels", "0");
        using var http = new HttpClient { BaseAddress = await server.UrlAsync() };
        var before = await server.MetricsAsync();

        await PostAsync(http, "a", """[{"value": 1}, {"value": 2}]""");
        await PostAsync(http, "b%7Bx%3D%22y%22%7D", """{"value": 1}""");
        using var stream = await http.GetStreamAsync(new Uri("/api/stream?selector=%7B__name__%3D~%22a.*%22%7D&intervalMs=0", UriKind.Relative));
        using var lines = new StreamReader(stream);
        Assert.Contains("snapshot", await lines.ReadLineAsync(), StringComparison.Ordinal);
        var after = before;
        await Wait.Eventually(
            async () => (after = await server.MetricsAsync())["hubserver_rows_out_total"] > 0,
            "the next scrape, once the exporter does not answer from its cache, sees the rows");

        Assert.Equal(0, before["hubserver_rows_in_total"]);
        Assert.Equal(2, after["hubserver_rows_in_total"]);
        Assert.Equal(2, after["hubserver_rows_out_total"]);
        Assert.Equal(1, after["hubserver_channels"]);
        Assert.Equal(1, after["hubserver_queries"]);
        Assert.Equal(1, after["hubserver_feeds_channels"]);
        Assert.Equal(1, after["hubserver_queries_regexes"]);
        Assert.Equal(1, after["hubserver_blocks_total", ("result", "appended")]);
        Assert.Equal(1, after["hubserver_rows_refused_total"]);
        Assert.Equal(1, after["hubserver_limits_reached_total", ("limit", "Channels:MaxLabels")]);
        Assert.Equal(100_000, after["hubserver_limit", ("limit", "Channels:MaxChannels")]);
        Assert.InRange(after["hubserver_rings_size_bytes"], 1, 1_000);
        Assert.Contains("kestrel_active_connections", string.Join(' ', after.Names), StringComparison.Ordinal);
        Assert.Contains("dotnet_process_memory_working_set_bytes", after.Names);
    }

    private static async Task PostAsync(HttpClient http, string channel, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri($"/api/channels/{channel}/rows", UriKind.Relative), content);
    }
}
