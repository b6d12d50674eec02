namespace HubServer.LoadTest.Scaleout;

/// <summary>
/// Publishes rows at moments that were fixed before, whether the last ones have arrived or not, and notes when each comes
/// to the subscribers of the other nodes.
/// </summary>
internal static class LatencyTurn
{
    private const int RowsPerSecond = 1_000;
    private const double Period = 1_000.0 / RowsPerSecond;

    public static async Task<LatencyResult> RunAsync(IScaleoutSystem system, RunOptions options)
    {
        var load = Load.Paced;
        await using var cluster = await Cluster.StartAsync(system, load);
        await using var first = await Subscriber.StartAsync(system, cluster.Urls[1], load, intervalMs: 0, notesLatency: true);
        await using var second = await Subscriber.StartAsync(system, cluster.Urls[2], load, intervalMs: 0, notesLatency: true);
        await using var publishers = await PublisherSet.StartAsync(system, cluster.Urls[0], load);

        await MeasureAsync(publishers, [first, second], options.WarmUp);
        GC.Collect();
        return await MeasureAsync(publishers, [first, second], options.Measured);
    }

    private static async Task<LatencyResult> MeasureAsync(PublisherSet publishers, Subscriber[] subscribers, TimeSpan time)
    {
        var seen = subscribers[0].Rows;
        var late = await PublishAsync(publishers, (int)(time.TotalSeconds * RowsPerSecond));
        foreach (var one in subscribers)
            await Waiting.UntilAsync(() => one.Rows >= seen + late.Length, "all rows have come", one.Closed);
        var latencies = subscribers.SelectMany(static one => one.TakeLatencies()).Order().ToArray();
        Array.Sort(late);
        return new LatencyResult(At(latencies, 0.5), At(latencies, 0.99), latencies[^1], latencies.Length, At(late, 0.99));
    }

    /// <summary>How late each row was sent.</summary>
    private static async Task<double[]> PublishAsync(PublisherSet publishers, int rows)
    {
        var late = new double[rows];
        var start = Clock.Milliseconds() + Period;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Period), TimeProvider.System);
        for (var row = 0; row < rows; row++)
        {
            var due = start + (row * Period);
            while (Clock.Milliseconds() < due)
                await timer.WaitForNextTickAsync();
            late[row] = Clock.Milliseconds() - due;
            await publishers[row % Load.Paced.Connections].SendStampedAsync(due);
        }

        return late;
    }

    private static double At(double[] sorted, double share) => sorted[(int)(sorted.Length * share)];
}
