using HubServer.Core;
using HubServer.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>Blocks that come before those that stand before them.</summary>
public sealed class ParkedTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    [Fact]
    public async Task Reply_ThatOvertakesAMessage_ShowsItsRowsBehindThoseOfTheMessage()
    {
        var link = OpenLink();
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(link, clock: new FakeTimeProvider());
        await a.PublishAsync("x", 0);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        var held = link.HoldNextMessage(Key("m"));
        await a.PublishAsync("x", 1);

        Assert.Equal(2, (await b.PublishAsync("x", 2)).Offset);

        await held;
        await chart.ShowsAsync("x", 0, 1, 2);
        Assert.Empty(chart.Gaps);
    }

    [Fact]
    public async Task Block_ThatWaitsTooLong_BringsThoseBeforeItFromTheLog()
    {
        var clock = new FakeTimeProvider();
        var link = OpenLink();
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(link, clock: clock);
        await a.PublishAsync("x", 0);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        var lost = Task.WhenAll(link.DropNextMessage(Key("m")), link.DropNextMessage(Key("m")));
        await a.PublishAsync("x", 1);
        await b.PublishAsync("x", 2);
        await lost;
        Assert.Equal((1, 0), (b.Metrics.Applied(ApplyResult.Parked), b.Count(BackplaneEvent.ParkedTooLong)));
        Assert.Equal([0], chart.Values("x"));

        clock.Advance(TimeSpan.FromMilliseconds(100));

        await chart.ShowsAsync("x", 0, 1, 2);
        Assert.Empty(chart.Gaps);
        Assert.Equal(1, b.Count(BackplaneEvent.ParkedTooLong));
    }

    [Fact]
    public async Task BlocksThatComeWhileAPastIsRead_MoreThanMayWait_AreNotMissed()
    {
        const int Blocks = 100;
        var link = OpenLink();
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(link, clock: new FakeTimeProvider());
        await a.PublishAsync("x", 0);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        link.ToServer = LinkConditions.Clear with { Latency = TimeSpan.FromMinutes(1) };

        var opening = OpenChartAsync(b, "x");
        await Wait.Eventually(() => b.Channel("x").WantsBlocks, "the past is being read");
        for (var i = 1; i <= Blocks; i++)
            await a.PublishAsync("x", i);
        await Wait.Eventually(() => b.Metrics.Applied(ApplyResult.Hole) > 0, "more blocks came than may wait");
        link.ToServer = LinkConditions.Clear;

        var chart = await opening;
        await chart.ShowsAsync("x", [.. Enumerable.Range(0, Blocks + 1).Select(value => (double)value)]);
        Assert.Empty(chart.Gaps);
        await a.PublishAsync("x", Blocks + 1);
        await Wait.Eventually(() => chart.Values("x").Count == Blocks + 2, "the query goes on");
    }
}
