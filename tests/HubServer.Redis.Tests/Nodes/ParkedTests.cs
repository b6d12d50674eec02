using System.Globalization;
using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>Blocks that come before those that stand before them.</summary>
public sealed class ParkedTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    [Fact]
    public async Task Reply_ThatOvertakesAMessage_ShowsItsRowsBehindThoseOfTheMessage()
    {
        var (link, a, b, chart) = await StartChartBehindALinkAsync();
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
        var (link, a, b, chart) = await StartChartBehindALinkAsync(clock);
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
    public async Task Message_ThatIsOnItsWay_BringsRowsThatTheLogHasLost()
    {
        var (link, a, b, chart) = await StartChartBehindALinkAsync();
        var held = Task.WhenAll(link.HoldNextMessage(Key("m")), link.HoldNextMessage(Key("m")));
        await a.PublishAsync("x", 1);
        await b.PublishAsync("x", 2);
        await LoseFromLogAsync("x", 1);

        // Comes before those that are held, and makes the node look at the channel.
        await Redis.PublishAsync(RedisChannel.Literal(Key("m")), PartitionMessage.Ask("x"));

        await held;
        await chart.ShowsAsync("x", 0, 1, 2);
        Assert.Empty(chart.Gaps);
        Assert.Equal(3, (await b.PublishAsync("x", 3)).Offset);
        await chart.ShowsAsync("x", 0, 1, 2, 3);
    }

    [Fact]
    public async Task Rows_ThatNeitherTheLogNorAMessageBrings_AreAGapOnceTheMessagesHaveCome()
    {
        var (link, a, b, chart) = await StartChartBehindALinkAsync();
        var repaired = b.Count(BackplaneEvent.GapRepaired);
        var (lost, held) = (link.DropNextMessage(Key("m")), link.HoldNextMessage(Key("m")));
        await a.PublishAsync("x", 1);
        await a.PublishAsync("y", 0);
        await LoseFromLogAsync("x", 1);

        // Takes the place of the message that was lost, and comes before the one that is held.
        await Redis.PublishAsync(RedisChannel.Literal(Key("m")), WithDamagedRows(await lost));

        await held;
        await Wait.Eventually(() => chart.Gaps.Length > 0, "the gap is announced");
        await a.PublishAsync("x", 2);
        await chart.ShowsAsync("x", 0, 2);
        Assert.Equal([new Gap(b.Channel("x").Epoch, 1, 1, GapReason.Lapped)], chart.Gaps);
        Assert.Equal(repaired, b.Count(BackplaneEvent.GapRepaired));
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

    /// <summary>Deletes the entry of one row, whose id is the offset after it.</summary>
    private async Task LoseFromLogAsync(string channel, long offset) =>
        Assert.Equal(1, await Redis.StreamDeleteAsync(Key($"c:{channel}"), [string.Create(CultureInfo.InvariantCulture, $"{offset + 1}-0")]));

    /// <summary>A message ends with its last block's rows.</summary>
    private static byte[] WithDamagedRows(PubSubMessage message)
    {
        var bytes = message.Payload.ToArray();
        bytes[^1] ^= 1;
        return bytes;
    }
}
