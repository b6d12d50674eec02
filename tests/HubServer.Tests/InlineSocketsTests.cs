using System.Net.Http.Json;
using HubServer.Fixtures;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.Tests;

/// <summary>Which threads of the program a request is handled on.</summary>
public sealed class InlineSocketsTests
{
    private const int Requests = 500;
    private const double AFew = Requests / 2.0; // What the node and the runtime do meanwhile, and the scrapes themselves.
    private static readonly object Rows = new { fields = new[] { new { name = "value" } }, values = new[] { new[] { 1 } } };

    [Fact]
    public async Task SmallPosts_AndHubCalls_WakeNoThreadOfThePool()
    {
        await using var server = NodeProcess.Start("--HubServer:Sources:Host:Enabled", "false");
        using var http = new HttpClient { BaseAddress = await server.UrlAsync() };
        await using var connection = await ConnectAsync(http);

        var before = await PoolItemsAsync(server);
        for (var request = 0; request < Requests; request++)
            (await http.PostAsJsonAsync(new Uri("/api/channels/a/rows", UriKind.Relative), new { value = request })).Dispose();
        var between = await PoolItemsAsync(server);
        for (var request = 0; request < Requests; request++)
            await connection.InvokeAsync("Publish", new { batches = new[] { new { channel = "a", rows = Rows } } });
        var after = await PoolItemsAsync(server);

        Assert.InRange(between - before, 0, AFew);
        Assert.InRange(after - between, 0, AFew);
    }

    [Fact]
    public async Task LongPosts_AndLists_LeaveTheSocketsThread()
    {
        await using var server = NodeProcess.Start("--HubServer:Sources:Host:Enabled", "false");
        using var http = new HttpClient { BaseAddress = await server.UrlAsync() };
        await using var connection = await ConnectAsync(http);
        var longText = new string('x', 20_000);

        var counts = new List<double> { await PoolItemsAsync(server) };
        for (var request = 0; request < Requests; request++)
            (await http.PostAsJsonAsync(new Uri("/api/channels/a/rows", UriKind.Relative), new { text = longText })).Dispose();
        counts.Add(await PoolItemsAsync(server));
        for (var request = 0; request < Requests; request++)
            (await http.GetAsync(new Uri("/api/channels", UriKind.Relative))).Dispose();
        counts.Add(await PoolItemsAsync(server));
        for (var request = 0; request < Requests; request++)
            await connection.InvokeAsync("ListChannels", new { });
        counts.Add(await PoolItemsAsync(server));

        Assert.All(counts.Zip(counts.Skip(1)), static pair => Assert.InRange(pair.Second - pair.First, Requests, double.MaxValue));
    }

    private static async Task<HubConnection> ConnectAsync(HttpClient http)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(http.BaseAddress!, "/hub"), options =>
        {
            options.SkipNegotiation = true;
            options.Transports = HttpTransportType.WebSockets;
        }).Build();
        await connection.StartAsync();
        return connection;
    }

    /// <summary>How much the thread pool has done, once the exporter does not answer from its cache.</summary>
    private static async Task<double> PoolItemsAsync(NodeProcess server)
    {
        var first = await CountAsync();
        var next = first;
        await Wait.Eventually(async () => (next = await CountAsync()) > first, "the exporter looks again");
        return next;

        async Task<double> CountAsync() => (await server.MetricsAsync())["dotnet_thread_pool_work_item_count_total"];
    }
}
