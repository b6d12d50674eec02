using StackExchange.Redis;

namespace HubServer.LoadTest.Scaleout;

/// <summary>
/// Runs the product's script as a node does, with a call in flight for each partition, but full calls and nobody who
/// follows: the most that Redis can do for the product.
/// </summary>
internal static class ScriptTurn
{
    private const int Partitions = 16;

    public static async Task<ScriptResult> RunAsync(Load load, RunOptions options)
    {
        await using var redis = await Redis.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Port}");
        var lanes = Enumerable.Range(0, Partitions).Select(partition => new ScriptLane(connection.GetDatabase(), load, partition, Partitions)).ToArray();
        await RunAsync(lanes, options.WarmUp);

        var (cpu, before, started) = (redis.CpuMilliseconds(), (Calls: lanes.Sum(static lane => lane.Calls), Blocks: lanes.Sum(static lane => lane.Blocks)), TimeProvider.System.GetTimestamp());
        await RunAsync(lanes, options.Measured);
        var seconds = Clock.SecondsSince(started);
        var calls = lanes.Sum(static lane => lane.Calls) - before.Calls;
        var blocks = lanes.Sum(static lane => lane.Blocks) - before.Blocks;
        var rows = (double)blocks * load.BlockRows;
        return new ScriptResult(rows / seconds, calls / seconds, (double)blocks / calls, (redis.CpuMilliseconds() - cpu) * 1_000 / rows);
    }

    private static async Task RunAsync(ScriptLane[] lanes, TimeSpan time)
    {
        using var stop = new CancellationTokenSource(time);
        await Task.WhenAll(lanes.Select(lane => lane.RunAsync(stop.Token)));
    }
}
