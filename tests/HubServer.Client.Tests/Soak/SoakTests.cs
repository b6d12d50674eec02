using System.Text.Json;
using System.Text.Json.Nodes;
using HubServer.Client.Tests.Cluster;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Soak;

/// <summary>
/// The client for minutes, beside a node of its own: queries that come and go, and consumers that take a second for each
/// update. <c>tests/soak-client.sh</c> runs it; <c>HUBSERVER_RESULT</c> keeps the figures.
/// </summary>
[Collection(nameof(Alone))]
public sealed class SoakTests : IAsyncLifetime
{
    private const int RowsPerSecond = 1_000;
    private const int Capacity = RowsPerSecond / 2;
    private const int Fields = 10;
    private const int TightBytes = 64 << 10; // The least there may be, and less than the rows of a second.
    private const double OwnRoomMib = 4;
    private const double NodeRoomMib = 16;
    private static readonly string[] Uses = ["queries", "feeds", "connections", "timers"];
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly int _cycles = TestSettings.Number("SOAK_CYCLES", 10_000);
    private readonly TimeSpan _slowTime = TimeSpan.FromSeconds(TestSettings.Number("SOAK_SECONDS", 120));
    private NodeProcess? _node;

    private NodeProcess Node => _node ?? throw new InvalidOperationException("it is started first");

    public async ValueTask InitializeAsync() => _node = await NodeProcess.StartAsync(new Dictionary<string, string>
    {
        ["HubServer__Sources__Host__Enabled"] = "false",
        ["HubServer__Channels__Capacity"] = $"{Capacity}",

        // It collects after every 4 MB (in hexadecimal digits), so that its memory tells of what it holds.
        ["DOTNET_GCgen0size"] = "400000",
    });

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
    }

    [Fact(Explicit = true)]
    public async Task Query_OpenedAndClosedTenThousandTimes_LeavesNothing()
    {
        await using var client = Clients.Of(Node.Url);
        await client.PublishAsync("cycle", Clients.Rows(0, 50));
        var before = await UsesAsync();
        var left = "";
        var samples = new List<(double Heap, long Timers, double Node)>();
        _ = await SampleAsync(); // What measuring takes is there from the beginning.
        for (var i = 1; i <= _cycles; i++)
        {
            await CycleAsync(client, i);
            if (i != _cycles / 10 && i != _cycles / 2 && i != _cycles)
                continue;
            await Wait.Eventually(async () => (left = await UsesAsync()) == before, "nothing of the queries is left", () => left);
            samples.Add(await SampleAsync());
        }

        TestSettings.Report(
            new
            {
                cycles = _cycles,
                heapMib = samples.ConvertAll(sample => Memory.Mib(sample.Heap)),
                timers = samples.ConvertAll(sample => sample.Timers),
                serverMib = samples.ConvertAll(sample => Memory.Mib(sample.Node)),
                left = JsonNode.Parse(left),
            },
            "cycles");

        // A task that is left takes more than this, and a timer or a stream far more.
        var (first, half, last) = (samples[0], samples[1], samples[2]);
        Assert.True(last.Heap - first.Heap < 48.0 * (_cycles - (_cycles / 10)), $"the heap grew from {first.Heap} to {last.Heap}");
        Assert.True(last.Timers <= first.Timers, $"there are {last.Timers} timers instead of {first.Timers}");

        // A node compiles and takes buffers until it has served some thousands.
        Assert.True(last.Node - half.Node < NodeRoomMib * (1 << 20), $"the node grew from {half.Node} to {last.Node}");
    }

    [Fact(Explicit = true)]
    public async Task Consumer_FarTooSlowForMinutes_KeepsToItsMemoryAndIsToldEveryLoss()
    {
        await using var publishing = Clients.Of(Node.Url);
        await publishing.PublishAsync("slow", Row(0, 1));
        await using var roomy = new SlowReader(Clients.Of(Node.Url), Clients.Query("slow"));
        await using var tight = new SlowReader(Clients.Of(Node.Url, options => options.MaxBacklogBytes = TightBytes), Clients.Query("slow"));
        await Wait.Eventually(() => roomy.Next > 0 && tight.Next > 0, "both have the first row");

        var (own, node) = (new Memory(), new Memory());
        var written = PublishAsync(publishing);
        var measured = MeasureAsync(own, node, written);
        var rows = await written;
        var started = TimeProvider.System.GetTimestamp();
        foreach (var reader in new[] { roomy, tight })
        {
            await reader.HurryAsync();
            await Wait.Eventually(() => reader.Next == rows, "the reader has caught up");
        }

        var caughtUp = TimeProvider.System.GetElapsedTime(started);
        await measured;
        TestSettings.Report(
            new
            {
                seconds = _slowTime.TotalSeconds,
                written = rows,
                roomy = roomy.Figures,
                tight = tight.Figures,
                caughtUpMs = Math.Round(caughtUp.TotalMilliseconds),
                heapMib = own.Halves,
                serverMib = node.Halves,
            },
            "slow");
        Assert.Equal((rows, 0), (roomy.Figures.Seen, roomy.Figures.Missing));
        Assert.True(tight.Figures.Missing > 0, "the tight one is too slow");
        Assert.Equal(rows, tight.Figures.Seen + tight.Figures.Missing);
        Assert.True(own.Halves[1] < own.Halves[0] + OwnRoomMib, $"the heap grew: {own.Halves[0]} to {own.Halves[1]} MiB");
        Assert.True(node.Halves[1] < node.Halves[0] + NodeRoomMib, $"the node grew: {node.Halves[0]} to {node.Halves[1]} MiB");
    }

    /// <summary>Takes both memories every second, until the rows are written.</summary>
    private async Task MeasureAsync(Memory own, Memory node, Task written)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        while (!written.IsCompleted && await second.WaitForNextTickAsync())
        {
            own.Add(Memory.HeapBytes());
            node.Add(await Memory.BytesOfAsync(Node));
        }
    }

    private async Task<(double Heap, long Timers, double Node)> SampleAsync()
    {
        var node = await Memory.BytesOfAsync(Node);
        return (Memory.HeapBytes(), Timer.ActiveCount, node);
    }

    /// <summary>Opens a query and ends it in one of the ways there are.</summary>
    private static async Task CycleAsync(HubServerClient client, int cycle)
    {
        using var stop = new CancellationTokenSource();
        await using var updates = client.QueryAsync(Clients.Query("cycle"), stop.Token).GetAsyncEnumerator(CancellationToken.None);
        var isGivenUp = cycle % 3 == 0; // Before the past has come.
        if (!isGivenUp)
        {
            Assert.True(await updates.MoveNextAsync());
            Assert.Equal(50, updates.Current.Frames.Single().Rows);
        }

        if (cycle % 3 == 1)
            return;
        var next = updates.MoveNextAsync();
        await stop.CancelAsync();
        try
        {
            // What has come by then may still be given.
            Assert.True(await next && isGivenUp);
        }
        catch (OperationCanceledException)
        {
            // It was waiting.
        }
    }

    /// <summary>Publishes at an even rate, whatever else the machine does.</summary>
    /// <returns>All rows that the channel has seen.</returns>
    private async Task<long> PublishAsync(HubServerClient client)
    {
        var (published, started) = (1, TimeProvider.System.GetTimestamp());
        using var tick = new PeriodicTimer(Tick, TimeProvider.System);
        while (await tick.WaitForNextTickAsync())
        {
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            var due = (int)(Math.Min(elapsed.TotalSeconds, _slowTime.TotalSeconds) * RowsPerSecond) + 1 - published;
            if (due > 0)
                await client.PublishAsync("slow", Row(published, due));
            published += due;
            if (elapsed >= _slowTime)
                break;
        }

        return published;
    }

    /// <summary>Rows of many fields, each of which holds its row's offset.</summary>
    private static Rows Row(int first, int count)
    {
        double[] numbers = [.. Enumerable.Range(first, count)];
        var names = Enumerable.Range(1, Fields - 1).Select(i => $"field{i}");
        RowField[] fields = [new("time"), new("value"), .. names.Select(name => new RowField(name))];
        return new Rows(fields, [.. fields.Select(_ => new Column([.. numbers]))]);
    }

    /// <summary>What the node says is in use.</summary>
    private async Task<string> UsesAsync()
    {
        using var status = await Node.StatusAsync();
        return JsonSerializer.Serialize(Uses.ToDictionary(name => name, name => status.RootElement.GetProperty(name).GetInt64()));
    }
}
