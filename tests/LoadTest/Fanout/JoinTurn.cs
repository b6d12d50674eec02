namespace HubServer.LoadTest.Fanout;

/// <summary>
/// Fills each channel's past, has viewers connect at once, and measures until all have it all. A warm-up with a few
/// viewers comes before, so that the code that sends the past is compiled.
/// </summary>
internal sealed class JoinTurn(IFanoutSystem system, FanoutLoad load, RunOptions options, FanoutServer server, SocketLoop loop, ViewerSet viewers)
{
    private const double FillPeriodMs = 5; // 4,000 rows/s into 20 channels.
    private const int WarmUpViewers = 10;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    public async Task<(Phase Phase, FanoutResult Result)> RunAsync()
    {
        var phase = load.Phases[0];
        await using (var publisher = await RowPublisher.StartAsync(system, load, phase.Form, loop, server))
            await publisher.RunAsync(FillPeriodMs, TimeSpan.FromMilliseconds(FillPeriodMs * load.PastRows));
        await WarmUpAsync();

        var count = options.Viewers(phase.Viewers);
        var expected = (long)count * load.Channels * load.PastRows;
        await using var all = new ViewerSet(system, load, server, loop);
        all.Connect(count);
        var before = server.ReadUse();
        var started = TimeProvider.System.GetTimestamp();
        await all.BeginAsync(isHeld: false);
        await all.DrainAsync(expected, Silence);
        var seconds = Clock.SecondsSince(started);
        var after = server.ReadUse();

        var (rows, bytes, closed, failure) = await loop.ReadAsync(() => (all.Tally.Rows, all.Tally.Bytes, all.Tally.Closed, all.Tally.Failure));
        if (rows != expected)
            Console.WriteLine($"!! {system.Name}, {load.Name}: of {expected} rows {expected - rows} did not come; viewers: {failure}; server: {server.LastOutput}");
        return (phase, new FanoutResult
        {
            Delivered = rows,
            Lost = expected - rows,
            Closed = closed,
            Seconds = seconds,
            BytesPerRow = (double)bytes / rows,
            CpuPerRow = (after.CpuMs - before.CpuMs) * 1_000 / rows,
            LoadCpuPerRow = (after.LoadCpuMs - before.LoadCpuMs) * 1_000 / rows,
            MemoryMb = after.MemoryKb / 1_024,
        });
    }

    private async Task WarmUpAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < options.WarmUp)
        {
            var got = await loop.ReadAsync(() => viewers.Tally.Rows);
            await viewers.BecomeAsync(WarmUpViewers, Variety.Same);
            await viewers.DrainAsync(got + ((long)WarmUpViewers * load.Channels * load.PastRows), TimeSpan.FromSeconds(1));
            await viewers.BecomeAsync(0, Variety.Same);
        }
    }
}
