using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Queries;

public sealed class ResumeTests
{
    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenTheConnectionIsLostAgainAndAgain_MissesNothingAndRepeatsNothing(WireFormat protocol)
    {
        const int rounds = 20;
        await using var server = await ServerFixture.StartAsync();
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"), options => options.Protocol = protocol);
        await server.PublishAsync("c", first: 0);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        for (var round = 1; round <= rounds; round++)
        {
            proxy.DropConnections();
            await server.PublishAsync("c", first: round);
            await query.HoldsAsync("c", Clients.Numbers(0, round + 1), "the query goes on after the loss");
        }

        Assert.Single(query.Held("c").Changes, FrameChange.Replaced);
        Assert.Empty(query.Held("c").Gaps);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task Queries_WhileConnectionsAreCutAgainAndAgain_AllHoldEveryRow()
    {
        const int queries = 50;
        const int channels = 5;
        const int cuts = 60;
        const int rows = 20;
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10000"));
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        await using var publisher = Clients.Of(server);
        await using var writer = publisher.CreateRowWriter(new RowWriterOptions { FlushInterval = TimeSpan.FromMilliseconds(1) });
        var watchers = Enumerable.Range(0, queries).Select(i => Watcher.Start(client, Clients.Query($"c{i % channels}"))).ToList();
        for (var cut = 0; cut < cuts; cut++)
        {
            for (var row = 0; row < rows; row++)
            {
                for (var channel = 0; channel < channels; channel++)
                    await writer.WriteAsync($"c{channel}", [new("value", (cut * rows) + row)]);
            }

            proxy.DropConnections();
            await writer.FlushAsync();
            var (watcher, held) = (watchers[cut % queries], $"c{cut % channels}");
            await watcher.EventuallyAsync(() => watcher.Held(held).Next == (cut + 1) * rows, "a query goes on");
        }

        for (var i = 0; i < queries; i++)
        {
            await watchers[i].HoldsAsync($"c{i % channels}", Clients.Numbers(0, cuts * rows), "every query has every row");
            Assert.Empty(watchers[i].Held($"c{i % channels}").Gaps);
            await watchers[i].DisposeAsync();
        }

        await server.EventuallyIdleAsync("nothing is left");
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task Query_WhenRowsAreGoneMeanwhile_AnnouncesTheGap()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10"));
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        await server.PublishAsync("c", first: 0, count: 3);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));

        proxy.IsDown = true;
        await query.EventuallyAsync(() => query.Latest?.State == QueryState.Reconnecting, "the loss is noticed");
        await server.PublishAsync("c", first: 3, count: 100);
        proxy.IsDown = false;
        await query.EventuallyAsync(() => query.Held("c").Gaps.Count > 0, "the gap comes");
        Assert.Equal((GapReason.Lapped, 3L, 92L), (query.Held("c").Gaps[0].Reason, query.Held("c").Gaps[0].From, query.Held("c").Gaps[0].To));
        Assert.Equal([0, 1, 2, .. Clients.Numbers(93, 10)], query.Held("c").Values);
    }

    [Fact]
    public async Task Query_WhenTheServerIsKilledAndComesBack_GoesOnAndAnnouncesWhatIsLost()
    {
        await using var node = await NodeProcess.StartAsync(Named("a"));
        await using var client = Clients.Of(node.Url);
        await using var query = Watcher.Start(client, Clients.Query("c"));
        await client.PublishAsync("c", Clients.Rows(0, 3));
        await query.HoldsAsync("c", [0, 1, 2], "the rows come");

        await node.KillAsync();
        await query.EventuallyAsync(() => query.Latest?.State == QueryState.Reconnecting, "the loss is noticed");
        await Wait.Eventually(() => client.LastError?.Message.Contains("refused", StringComparison.Ordinal) == true, "the error says why", () => $"{client.LastError}");
        await node.RestartAsync();

        // The node kept the channel in memory, so that it begins anew.
        await client.PublishAsync("c", Clients.Rows(7, 2));
        await query.HoldsAsync("c", [7, 8], "the query goes on with the rows that there are");
        Assert.Contains(query.Held("c").Changes, change => change is FrameChange.Removed or FrameChange.Replaced or FrameChange.Gap);
        Assert.True(query.Held("c").Gaps.Count > 0 || query.Held("c").Changes.Contains(FrameChange.Removed));
    }

    [Fact]
    public async Task Query_WhenTheServerStops_GoesOnAtTheNextOne()
    {
        await using var first = await NodeProcess.StartAsync(Named("a"));
        await using var second = await NodeProcess.StartAsync(Named("b"));
        await using var proxy = FaultProxy.Start("127.0.0.1", first.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        Assert.Equal("a", query.Latest?.Server?.Node);

        proxy.Target = new System.Net.DnsEndPoint("127.0.0.1", second.Url.Port);
        await first.TerminateAsync();
        await query.EventuallyAsync(() => query.IsLive && query.Updates.Count > 1, "the query is back");
        Assert.Equal("b", query.Latest?.Server?.Node);
    }

    [Fact]
    public async Task Query_WithAPositionOfAnEarlierOne_GoesOnFromThere()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("c", first: 0, count: 5);
        Resume held;
        await using (var client = Clients.Of(server))
        {
            await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
            held = query.Latest!.Frames[^1].Position;
        }

        await server.PublishAsync("c", first: 5, count: 2);
        await using var later = Clients.Of(server);
        await using var resumed = await Watcher.LiveAsync(later, Clients.Query("c") with { Resume = [held] });
        Assert.Equal([5, 6], resumed.Held("c").Values);
        Assert.Equal([FrameChange.Appended], resumed.Held("c").Changes);
    }

    private static Dictionary<string, string> Named(string node) => new()
    {
        ["HubServer__Node"] = node,
        ["HubServer__Sources__Host__Enabled"] = "false",
    };
}
