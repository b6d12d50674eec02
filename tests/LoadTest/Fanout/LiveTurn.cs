namespace HubServer.LoadTest.Fanout;

/// <summary>Publishes rows at a fixed rate and counts what comes to the viewers, how late, and what it costs; phase after phase.</summary>
internal sealed class LiveTurn(IFanoutSystem system, FanoutLoad load, RunOptions options, FanoutServer server, SocketLoop loop, ViewerSet viewers)
{
    // What a later phase needs to settle where the code is compiled, but connections are new.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    /// <summary>Runs all phases on one server.</summary>
    public async IAsyncEnumerable<(Phase Phase, FanoutResult Result)> RunAsync()
    {
        var warm = new HashSet<(PublishForm, Variety)>(); // What was done once; anything else is other code, still to be compiled.
        foreach (var phase in load.Phases)
        {
            await using var publisher = await RowPublisher.StartAsync(system, load, phase.Form, loop, server);
            if (warm.Count == 0)
                await publisher.RunAsync(phase.PeriodMs, TimeSpan.FromMilliseconds(phase.PeriodMs)); // A channel that is there is what viewers ask for.
            await viewers.BecomeAsync(options.Viewers(phase.Viewers), phase.Variety);
            await viewers.AddSlowAsync(phase.SlowViewers);
            var isNew = warm.Add((phase.Form, phase.Variety));
            await publisher.RunAsync(phase.PeriodMs, isNew || options.WarmUp < Settling ? options.WarmUp : Settling);
            await viewers.DrainAsync(long.MaxValue, TimeSpan.FromMilliseconds(Math.Max(500, 1.5 * load.IntervalMs)));
            yield return (phase, await MeasureAsync(phase, publisher));
        }
    }

    private async Task<FanoutResult> MeasureAsync(Phase phase, RowPublisher publisher)
    {
        GC.Collect();
        publisher.Late.Clear();
        await loop.RunAsync(viewers.Tally.Latencies.Clear);
        var tally = viewers.Tally;
        var (rows, bytes) = await loop.ReadAsync(() => (tally.Rows, tally.Bytes));
        var gcBefore = await server.ReadGcAsync();
        var before = server.ReadUse();
        var started = TimeProvider.System.GetTimestamp();

        using var end = new CancellationTokenSource();
        var slowReading = viewers.ReadSlowlyAsync(end.Token);
        var published = await publisher.RunAsync(phase.PeriodMs, options.Measured * phase.Longer);
        await viewers.DrainAsync(rows + (published * viewers.Count), Silence);
        var after = server.ReadUse();
        var seconds = Clock.SecondsSince(started);
        await end.CancelAsync();
        await slowReading;
        var slowClosed = phase.SlowViewers > 0 ? await viewers.EndSlowAsync() : double.NaN;

        var (gotRows, gotBytes) = await loop.ReadAsync(() => (tally.Rows - rows, tally.Bytes - bytes));
        var lost = (published * viewers.Count) - gotRows;
        if (lost != 0)
            Console.WriteLine($"!! {system.Name}, {load.Name}, {phase.Name}: of {published * viewers.Count} rows {lost} did not come; viewers: {tally.Failure}; publisher: {publisher.LastAnswer}; server: {server.LastOutput}");
        var gc = gcBefore is null ? null : (await server.ReadGcAsync())?.Since(gcBefore);
        return new FanoutResult
        {
            Delivered = gotRows,
            Lost = lost,
            Closed = tally.Closed,
            SlowClosed = slowClosed,
            P50 = tally.Latencies.At(0.5),
            P99 = tally.Latencies.At(0.99),
            P999 = tally.Latencies.At(0.999),
            SentLateP99 = publisher.Late.At(0.99),
            BytesPerRow = (double)gotBytes / gotRows,
            CpuPerRow = (after.CpuMs - before.CpuMs) * 1_000 / gotRows,
            CpuPerSecond = (after.CpuMs - before.CpuMs) / seconds,
            LoadCpuPerRow = (after.LoadCpuMs - before.LoadCpuMs) * 1_000 / gotRows,
            MemoryMb = after.MemoryKb / 1_024,
            Gen0 = gc?.Gen0 ?? double.NaN,
            Gen1 = gc?.Gen1 ?? double.NaN,
            Gen2 = gc?.Gen2 ?? double.NaN,
            AllocatedPerSecond = gc?.AllocatedBytes / seconds / (1 << 20) ?? double.NaN,
        };
    }
}
