namespace HubServer.LoadTest.Scaleout;

/// <summary>Publishes at one node as fast as it takes rows, and counts what comes to the others, and what it costs.</summary>
internal static class ThroughputTurn
{
    private const int IntervalMs = 100;
    private const double WarmCpuMilliseconds = 6_000;
    private const double MaxWarmUp = 60;

    public static async Task<ThroughputResult> RunAsync(IScaleoutSystem system, Load load, RunOptions options)
    {
        await using var cluster = await Cluster.StartAsync(system, load);
        await using var first = await Subscriber.StartAsync(system, cluster.Urls[1], load, IntervalMs, notesLatency: false);
        await using var second = await Subscriber.StartAsync(system, cluster.Urls[2], load, IntervalMs, notesLatency: false);
        await using var publishers = await PublisherSet.StartAsync(system, cluster.Urls[0], load);
        Subscriber[] subscribers = [first, second];

        // The first rows make the channels, and code is compiled, which takes its time where others use the machine, too.
        var warming = TimeProvider.System.GetTimestamp();
        do
            await publishers.RunAsync(options.WarmUp);
        while (cluster.ReadCpu().Nodes.Min() < WarmCpuMilliseconds && Clock.SecondsSince(warming) < MaxWarmUp);
        await DrainAsync(subscribers, publishers.Taken);
        GC.Collect();

        var (taken, seen, lost, announced) = (publishers.Taken, subscribers.Select(static one => one.Rows).ToArray(), LostBy(subscribers, publishers.Taken), subscribers.Sum(static one => one.Announced));
        var cpu = cluster.ReadCpu();
        var started = TimeProvider.System.GetTimestamp();
        await publishers.RunAsync(options.Measured);
        var seconds = Clock.SecondsSince(started);
        await DrainAsync(subscribers, publishers.Taken);
        var used = cluster.ReadCpu();

        var rows = subscribers.Select((one, i) => one.Rows - seen[i]).ToArray();
        var perSecond = subscribers.Select((one, i) => rows[i] / TimeProvider.System.GetElapsedTime(started, one.LastRow).TotalSeconds).ToArray();
        if (LostBy(subscribers, publishers.Taken) > lost)
            Console.WriteLine($"rows were lost; Redis said last: {cluster.Redis.LastOutput}");
        return new ThroughputResult(
            (publishers.Taken - taken) / seconds,
            perSecond,
            rows.Sum(),
            LostBy(subscribers, publishers.Taken) - lost,
            subscribers.Sum(static one => one.Announced) - announced,
            used.PerThousand(cpu, rows.Sum()));
    }

    private static long LostBy(Subscriber[] subscribers, long taken) =>
        subscribers.Sum(one => Math.Abs(taken - one.Rows - one.Announced) + one.Broken);

    /// <summary>Waits until all rows came, or none has come for long.</summary>
    private static async Task DrainAsync(Subscriber[] subscribers, long taken)
    {
        const double silence = 5;
        foreach (var one in subscribers)
            await Waiting.UntilAsync(() => one.Rows + one.Announced >= taken || (one.LastRow != 0 && Clock.SecondsSince(one.LastRow) > silence), "the subscribers have come to rest", one.Closed);
    }
}
