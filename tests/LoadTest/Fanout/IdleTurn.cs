namespace HubServer.LoadTest.Fanout;

/// <summary>Measures the memory of connections that say nothing, and what asking for rows that do not come adds to it.</summary>
internal sealed class IdleTurn(IFanoutSystem system, FanoutLoad load, RunOptions options, FanoutServer server, SocketLoop loop, ViewerSet viewers)
{
    private const int WarmUpViewers = 50;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    public async Task<(Phase Phase, FanoutResult Result)> RunAsync()
    {
        var phase = load.Phases[0];
        await using (var publisher = await RowPublisher.StartAsync(system, load, phase.Form, loop, server))
            await publisher.RunAsync(phase.PeriodMs, options.WarmUp < Settling ? options.WarmUp : Settling);
        await viewers.BecomeAsync(Math.Min(WarmUpViewers, options.Viewers(phase.Viewers)), Variety.Same);
        await viewers.BecomeAsync(0, Variety.Same);

        var empty = await SettleAsync();
        await viewers.HoldAsync(options.Viewers(phase.Viewers));
        var held = await SettleAsync();
        await viewers.AskAsync();
        var asked = await SettleAsync();
        return (phase, new FanoutResult
        {
            Delivered = 0,
            Closed = viewers.Tally.Closed,
            MemoryMb = asked.MemoryKb / 1_024,
            KbPerConnection = (held.MemoryKb - empty.MemoryKb) / viewers.Count,
            KbPerQuery = (asked.MemoryKb - held.MemoryKb) / viewers.Count,
        });
    }

    private async Task<ServerUse> SettleAsync()
    {
        await Task.Delay(Settling, TimeProvider.System);
        return server.ReadUse();
    }
}
