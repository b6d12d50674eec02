using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.History.Tests;

/// <summary>Histories of a real node, whose backplane is its own memory.</summary>
public sealed class EndToEndTests : IDisposable
{
    private static readonly string[] Channels = ["plant/a", "plant/b{line=\"1\"}", "plant/c"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.jsonl");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task Node_WhenConnectionsAreCut_KeepsEveryPromise()
    {
        // The largest blocks of the publishers are refused.
        await using var node = NodeProcess.Start("--HubServer:Publishing:MaxBlockRows", "4");
        await using var run = new HistoryRun(_path);
        Populate(run, await node.UrlAsync(), repeatOneIn: 5, abandonOneIn: 8);

        // About three seconds, measured in work done.
        for (var step = 1; step <= 12; step++)
        {
            await Wait.Eventually(() => run.Acknowledged > step * 30, "the publishers go on");
            run.Subscribers[step % 4].Abort();
            if (step == 5)
                run.Subscribers[3].StayAway();
            if (step == 8)
                run.Subscribers[3].Return();
        }

        var report = await FinishAsync(run, AllowedLosses.None);
        var totals = report.Totals;
        Assert.True(report.IsClean, report.ToString());
        Assert.Equal((4, 4, 12), (totals.Subscribers, totals.LiveInTheEnd, totals.TailsCompared));
        Assert.True(totals.AcknowledgedRows > 500 && totals.ShownRows > 4 * totals.AcknowledgedRows * 9 / 10, report.ToString());
        Assert.True(totals is { Resumes: >= 8, Moves: >= 8, RepeatedBlocks: > 0, UnknownBlocks: > 0, ResolvedBlocks: > 0, RefusedBlocks: > 20, Epochs: 3 }, report.ToString());
        Assert.All(run.Subscribers, subscriber => Assert.NotEmpty(subscriber.Recoveries));
        Assert.All(run.Subscribers, subscriber => Assert.True(subscriber.Items > 10 && subscriber.ShownOf(Channels[0]) > 100));
    }

    [Fact]
    public async Task Node_WhenASubscriberStaysAwayForLongerThanRowsAreKept_AnnouncesTheLap()
    {
        await using var node = NodeProcess.Start("--HubServer:Channels:Capacity", "50");
        await using var run = new HistoryRun(_path);
        Populate(run, await node.UrlAsync());
        await EverybodyIsThereAsync(run);
        run.Subscribers[2].StayAway();
        var next = run.Subscribers[2].PositionOf(Channels[0])?.Offset + 80;
        await Wait.Eventually(() => run.Subscribers[0].PositionOf(Channels[0])?.Offset > next, "more rows come than are kept");
        run.Subscribers[2].Return();

        var report = await FinishAsync(run, AllowedLosses.Lapped);
        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Totals.GapsOf(GapReason.Lapped).Rows > 0, report.ToString());
        Assert.Contains(run.Check(AllowedLosses.None).Violations, violation => violation.Rule == Rule.AllowedLosses);
    }

    [Fact]
    public async Task Node_WhenItIsKilledAndComesBackEmpty_AnnouncesTheReset()
    {
        await using var node = await NodeProcess.StartAsync(new Dictionary<string, string>());
        await using var run = new HistoryRun(_path);
        Populate(run, node.Url, repeatOneIn: 5, abandonOneIn: 8);
        await EverybodyIsThereAsync(run);
        await node.KillAsync();
        var before = run.Acknowledged;
        await node.RestartAsync();
        await Wait.Eventually(() => run.Acknowledged > before + 100, "the publishers go on");

        var report = await FinishAsync(run, AllowedLosses.Reset);
        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Totals is { Epochs: 6, TakenBackRows: > 0 }, report.ToString());
        Assert.Equal(12, report.Totals.GapsOf(GapReason.Reset).Gaps);
    }

    private static Task EverybodyIsThereAsync(HistoryRun run) => Wait.Eventually(
        () => run.Subscribers.All(subscriber => subscriber.State == ItemState.Streaming && Channels.All(channel => subscriber.ShownOf(channel) > 20)),
        "everybody has rows of all channels",
        () => string.Join('\n', run.Missing()));

    private static void Populate(HistoryRun run, Uri url, int repeatOneIn = 0, int abandonOneIn = 0)
    {
        // Two names of the one node, so that clients have somewhere to move on to.
        Uri[] urls = [url, new UriBuilder(url) { Host = "localhost" }.Uri];
        for (var i = 0; i < 3; i++)
            run.AddPublisher(new PublisherOptions { Id = $"p{i}", Urls = urls, Channels = Channels, BlocksPerSecond = 45, OptionalFields = 2, Seed = i, RepeatOneIn = repeatOneIn, AbandonOneIn = abandonOneIn });
        for (var i = 0; i < 4; i++)
            run.AddSubscriber(new SubscriberOptions { Id = $"s{i}", Urls = urls, Channels = Channels, Selector = i < 2 ? "plant/*" : null, Format = i % 2 == 0 ? WireFormat.Json : WireFormat.MessagePack, IntervalMs = 20 * (i / 2), Seed = i });
    }

    private static async Task<HistoryReport> FinishAsync(HistoryRun run, AllowedLosses losses)
    {
        await run.FinishPublishersAsync(Patience);
        await Wait.Eventually(() => run.Missing().Count == 0, "everybody has the last row", () => string.Join('\n', run.Missing()));
        var report = run.Check(losses);
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        return report;
    }
}
