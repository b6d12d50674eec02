using System.Globalization;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HubServer.Benchmarks;

/// <summary>
/// Whether two clients that stall delay five that do not: the time from publishing a row to its receipt, while
/// 100,000 rows are published, in turns with and without the two. Server and clients share this machine, so only the
/// ratio says something.
/// </summary>
internal static class StalledBenchmark
{
    private const string Channel = "cpu";
    private const int Turns = 5;
    private const int Blocks = 100;
    private const int BlockRows = 1_000;
    private const int Clients = 5;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    public static async Task RunAsync()
    {
        await using var app = await StartServerAsync();
        var url = new Uri(app.Urls.Single());
        var node = app.Services.GetRequiredService<Node>();
        await PublishAsync(node);
        await MeasureAsync(node, url, stalls: true);

        List<double> without = [], with = [];
        for (var turn = 1; turn <= Turns; turn++)
        {
            without.Add(await MeasureAsync(node, url, stalls: false));
            with.Add(await MeasureAsync(node, url, stalls: true));
            Print($"turn {turn}: p99 {without[^1]:F2} ms without, {with[^1]:F2} ms with stalled sockets");
        }

        Print($"median p99: {Median(without):F2} ms without, {Median(with):F2} ms with stalled sockets; ratio {Median(with) / Median(without):F2} (at most 1.20)");
    }

    /// <summary>The 99th percentile, in milliseconds, of one turn.</summary>
    private static async Task<double> MeasureAsync(Node node, Uri url, bool stalls)
    {
        GC.Collect();
        var clients = new List<LatencyClient>();
        for (var i = 0; i < Clients; i++)
            clients.Add(await LatencyClient.StartAsync(url, Channel));
        await using (stalls ? await StalledSockets.StartAsync(url, Channel) : null)
        {
            using var timer = new PeriodicTimer(Pace, TimeProvider.System);
            var stamp = 0.0;
            for (var block = 0; block < Blocks; block++)
            {
                await timer.WaitForNextTickAsync();
                stamp = await PublishAsync(node);
            }

            await Task.WhenAll(clients.Select(client => client.HasAsync(stamp)));
        }

        foreach (var client in clients)
            await client.DisposeAsync();
        var latencies = clients.SelectMany(client => client.Latencies).Order().ToArray();
        return latencies[(int)(latencies.Length * 0.99)];
    }

    private static async Task<double> PublishAsync(Node node)
    {
        var stamps = new double[BlockRows];
        Array.Fill(stamps, LatencyClient.Now());
        var rows = new Rows([new RowField("value"), new RowField("stamp")], [new Column([.. Enumerable.Range(0, BlockRows).Select(i => i / 7.0)]), new Column(stamps)]);
        await node.Ingest.PublishAsync(ChannelId.Parse(Channel), rows, CancellationToken.None);
        return stamps[0];
    }

    private static async Task<WebApplication> StartServerAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");

        // The kernel would keep some megabytes for a socket, most of a turn; with this little, the two stall at once.
        builder.WebHost.UseSockets(options => options.CreateBoundListenSocket = endpoint =>
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            socket.SendBufferSize = 64 << 10;
            return socket;
        });
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("HubServer:Sources:Host:Enabled", (string?)"false")]);
        builder.Services.AddHubServer();
        var app = builder.Build();
        app.MapHubServer();
        await app.StartAsync();
        return app;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
