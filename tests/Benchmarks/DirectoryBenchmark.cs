using System.Globalization;
using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using HubServer.Redis;
using HubServer.Redis.Tests.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Benchmarks;

/// <summary>
/// A deployment of many channels on a Redis of this machine: how long a node takes until it is ready, what a channel
/// costs it that nobody reads there, how long a page of the list takes, and how long a new channel of one node is under
/// way to a query of another one.
/// </summary>
internal static class DirectoryBenchmark
{
    private const string Prefix = "hs";
    private const int Channels = 50_000;
    private const int PageLimit = 1_000;
    private const int Turns = 5;
    private const int Repeats = 21;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task RunAsync()
    {
        await using var server = await RedisServer.StartAsync();
        await using (var connection = await server.ConnectAsync())
        {
            using var node = Open(server, out var backplane);
            await ReadyAsync(node);
            await ManyChannels.WriteAsync(node, backplane, connection.GetDatabase(), Prefix, Channels);
            await backplane.DisposeAsync();
        }

        using var publisher = Open(server, out var publishing);
        await ReadyAsync(publisher);
        List<double> starts = [], bytes = [], pages = [], joins = [];
        for (var turn = 1; turn <= Turns; turn++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var started = TimeProvider.System.GetTimestamp();
            using var node = Open(server, out var backplane);
            await ReadyAsync(node);
            starts.Add(MillisecondsSince(started));
            bytes.Add((GC.GetTotalMemory(forceFullCollection: true) - before) / (double)node.Registry.Count);
            pages.Add(Page(node));
            joins.Add(await JoinAsync(publisher, node, turn));
            Print($"turn {turn}: ready after {starts[^1]:F0} ms, {bytes[^1]:F0} bytes a channel, page of {PageLimit} in {pages[^1]:F1} ms, new channel after {joins[^1]:F1} ms");
            await backplane.DisposeAsync();
        }

        await publishing.DisposeAsync();
        Print($"medians of {Turns} turns, {Channels} channels: ready after {Median(starts):F0} ms (at most 3000), {Median(bytes):F0} bytes a channel, page of {PageLimit} in {Median(pages):F1} ms (at most 50), new channel after {Median(joins):F1} ms (at most 1000)");
    }

    private static Node Open(RedisServer server, out RedisBackplane backplane)
    {
        var options = new HubServerOptions();
        options.Backplane.Redis.ConnectionString = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{server.Port}");
        options.Backplane.Redis.Prefix = Prefix;
        var metrics = new HubServerMetrics();
        backplane = new RedisBackplane(options, metrics, TimeProvider.System, NullLogger<RedisBackplane>.Instance);
        return new Node(options, backplane, metrics, TimeProvider.System, new WorkPool(), NullLogger<Node>.Instance);
    }

    private static Task ReadyAsync(Node node) => Wait.Eventually(() => node.Backplane.IsReady, "the node is ready", () => node.Backplane.Problem ?? "", Patience);

    private static double Page(Node node)
    {
        var times = new List<double>();
        for (var i = 0; i < Repeats; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            node.List(new ListRequest { Limit = PageLimit });
            times.Add(MillisecondsSince(started));
        }

        return Median(times);
    }

    private static async Task<double> JoinAsync(Node publisher, Node node, int turn)
    {
        var request = new QueryRequest { IntervalMs = 0, Targets = [new Target { Channel = string.Create(CultureInfo.InvariantCulture, $"late/{turn}/*") }] };
        await using var items = node.Query(request, WireFormat.MessagePack).GetAsyncEnumerator();
        while (await NextAsync(items) is not { Head.State: ItemState.Streaming })
        {
            // The past, which is empty.
        }

        var times = new List<double>();
        for (var i = 0; i < Repeats; i++)
        {
            var channel = ChannelId.Parse(string.Create(CultureInfo.InvariantCulture, $"late/{turn}/{i}"));
            var started = TimeProvider.System.GetTimestamp();
            await publisher.Ingest.PublishAsync(channel, new Rows([new RowField("v")], [new Column([1d])]));
            while (!(await NextAsync(items)).Frames.Any(frame => frame.Channel == channel.Text))
            {
                // Something else came first.
            }

            times.Add(MillisecondsSince(started));
        }

        return Median(times);
    }

    private static async Task<Item> NextAsync(IAsyncEnumerator<StreamItem> items)
    {
        if (!await items.MoveNextAsync().AsTask().WaitAsync(Patience, TimeProvider.System))
            throw new InvalidOperationException("the query ended");
        return WireReader.Read<Item>(WireFormat.MessagePack, items.Current.Bytes(WireFormat.MessagePack));
    }

    private static double MillisecondsSince(long started) => TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
