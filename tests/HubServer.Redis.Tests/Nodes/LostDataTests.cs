using HubServer.Core;
using HubServer.Core.Tests;
using HubServer.Fixtures;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>Redis loses everything while its nodes live.</summary>
public sealed class LostDataTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Publish_OnANodeThatKeepsTheRows_GivesThemBackFirst()
    {
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var before = await a.PublishAsync("x", 1, 2, 3);
        var chart = await OpenChartAsync(a, "x");
        await FlushAsync();

        var after = await a.PublishAsync("x", 4);

        Assert.Equal(3, after.Offset);
        Assert.NotEqual(before.Epoch, after.Epoch);
        Assert.Equal(3, a.Channel("x").EndOf(before.Epoch));
        Assert.Equal((1, 0), (a.Count(BackplaneEvent.SeedAccepted), a.Count(BackplaneEvent.SeedRefused)));
        await chart.ShowsAsync("x", 1, 2, 3, 4);
        Assert.Empty(chart.Gaps);
        var fresh = await StartNodeAsync();
        Assert.Equal([1, 2, 3, 4], await fresh.SnapshotAsync("x"));
    }

    [Fact]
    public async Task Publish_OnANodeWithoutTheRows_AsksWaitsAndGivesBackThePositionAlone()
    {
        var clock = new FakeTimeProvider();
        var a = await StartNodeAsync(clock: clock);
        var before = await a.PublishAsync("x", 1, 2, 3);
        var asked = await AskedForAsync("x");
        await FlushAsync();

        var publishing = a.PublishAsync("x", 4);
        await asked;
        Assert.False(publishing.IsCompleted);
        Assert.Equal(0, a.Count(BackplaneEvent.SeedAccepted));
        await a.UntilAsync(() => publishing.IsCompleted, "the node goes on when nobody else did");

        var after = await publishing;
        Assert.Equal(3, after.Offset);
        Assert.Equal(3, a.Channel("x").EndOf(before.Epoch));
        Assert.Equal(1, a.Count(BackplaneEvent.SeedAccepted));
        Assert.Equal(4, (await a.PublishAsync("x", 5)).Offset);
        Assert.Equal([4, 5], await a.SnapshotAsync("x"));
    }

    [Fact]
    public async Task Publish_ToManyChannelsWithoutRows_WaitsForOthersOnceAndLaterNotAtAll()
    {
        const int Channels = 50;
        var clock = new FakeTimeProvider();
        var a = await StartNodeAsync(clock: clock);
        var names = Enumerable.Range(0, Channels).Select(static i => $"x/{i}").ToArray();
        foreach (var name in names.Append("late"))
            await a.PublishAsync(name, 1);
        var fields = a.Channel("late").ReadHead().Schema;
        var asked = await AskedForAsync(names);
        await FlushAsync();

        // The clock stands still until the others are asked for all: a channel that waited by itself would keep the next from it.
        var appending = a.Backplane.AppendAsync(0, [.. names.Select(name => TestBlocks.Block(name, 1, fields))], CancellationToken.None).AsTask();
        await asked;
        Assert.False(appending.IsCompleted);
        await a.UntilAsync(() => appending.IsCompleted, "the call is answered");
        Assert.All(await appending, static result => Assert.Equal((AppendStatus.Appended, 1L), (result.Status, result.Offset)));

        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, (await a.PublishAsync("late", 2).WaitAsync(Patience, TimeProvider.System)).Offset);
    }

    [Fact]
    public async Task Publish_OnANodeWithoutTheRows_WaitsForTheOneThatHasThem()
    {
        var clock = new FakeTimeProvider();
        var a = await StartNodeAsync(clock: clock);
        var b = await StartNodeAsync(clock: new FakeTimeProvider());
        await a.PublishAsync("x", 1, 2, 3);
        await Wait.Eventually(() => b.Has("x", 3), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        await FlushAsync();

        var publishing = a.PublishAsync("x", 4);
        await Wait.Eventually(() => b.Count(BackplaneEvent.SeedAccepted) > 0, "the node with the rows gives them back");
        Assert.False(publishing.IsCompleted);
        await a.UntilAsync(() => publishing.IsCompleted, "the publish goes on");

        Assert.Equal(3, (await publishing).Offset);
        Assert.Equal((0, 1), (a.Count(BackplaneEvent.SeedAccepted), b.Count(BackplaneEvent.SeedAccepted)));
        await chart.ShowsAsync("x", 1, 2, 3, 4);
        Assert.Empty(chart.Gaps);
        Assert.Equal([1, 2, 3, 4], await (await StartNodeAsync()).SnapshotAsync("x"));
    }

    [Fact]
    public async Task Rows_ThatTwoNodesGiveBackAtOnce_AreTakenOnce()
    {
        var (linkA, linkB) = (OpenLink(), OpenLink());
        var a = await StartNodeAsync(linkA, clock: new FakeTimeProvider());
        var b = await StartNodeAsync(linkB, clock: new FakeTimeProvider());
        var before = await a.PublishAsync("x", 1, 2, 3);
        await Wait.Eventually(() => b.Has("x", 3), "both nodes have the channel");
        RedisNode[] nodes = [a, b];
        foreach (var node in nodes)
            await node.SnapshotAsync("x");
        await FlushAsync();

        // Each asks, reads and offers one after the other, so that both have asked before either offers.
        linkA.ToServer = linkB.ToServer = LinkConditions.Clear with { Latency = TimeSpan.FromMilliseconds(200) };
        await Redis.PublishAsync(RedisChannel.Literal(Key("m")), "junk");
        await Wait.Eventually(() => nodes.All(node => node.Channel("x").Epoch != before.Epoch), "both nodes are in the new epoch");
        linkA.ToServer = linkB.ToServer = LinkConditions.Clear;

        Assert.Equal(1, nodes.Sum(node => node.Count(BackplaneEvent.SeedAccepted)));
        Assert.InRange(nodes.Sum(node => node.Count(BackplaneEvent.SeedRefused)), 1, 2);
        Assert.Equal(a.Channel("x").Epoch, b.Channel("x").Epoch);
        Assert.Equal(3, (await b.PublishAsync("x", 4)).Offset);
        await Wait.Eventually(() => a.Has("x", 4), "the row is everywhere");
        Assert.All(nodes, node => Assert.Equal([1, 2, 3, 4], node.Ring("x")));
    }

    [Fact]
    public async Task Retry_OfWhatWasTakenBeforeTheLoss_GetsItsFirstAnswer()
    {
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        await a.SnapshotAsync((await a.PublishAsync("x", 0)).Channel);
        var block = new Protocol.PublishRequest { PublisherId = "p", Sequence = 7, Batches = [new Protocol.PublishBatch("x", new Protocol.Rows([new Protocol.RowField("v")], [new Protocol.Column([1d])]))] };
        var first = (await a.Node.Ingest.PublishAsync(block))[0];
        await FlushAsync();

        var again = (await a.Node.Ingest.PublishAsync(block))[0];

        Assert.Equal((1L, first.Offset, first.Epoch), (again.Offset, again.Offset, again.Epoch));
        Assert.Equal([0, 1], a.Ring("x"));
    }

    [Fact]
    public async Task Rows_ThatWereLostTwiceWhileANodeWasAway_EndInOneStateThatHasThemAll()
    {
        var (linkA, linkB) = (OpenLink(), OpenLink());
        var a = await StartNodeAsync(linkA);
        var b = await StartNodeAsync(linkB);
        await b.PublishAsync("x", 1);
        await Wait.Eventually(() => a.Has("x", 1), "both nodes have the channel");
        var (chartA, chartB) = (await OpenChartAsync(a, "x"), await OpenChartAsync(b, "x"));
        linkA.IsDown = true;
        await FlushAsync();
        await b.PublishAsync("x", 2);
        linkB.IsDown = true;
        await FlushAsync();

        // The node that was away is the first to give back what it has, which is less.
        linkA.IsDown = false;
        await Wait.Eventually(() => a.Count(BackplaneEvent.SeedAccepted) == 1, "the node that was away gives the channel back");
        linkB.IsDown = false;
        await Wait.Eventually(() => a.Has("x", 2), "the node that has more gives it back");
        Assert.Equal(2, (await b.PublishAsync("x", 3)).Offset);

        await chartA.ShowsAsync("x", 1, 2, 3);
        await chartB.ShowsAsync("x", 1, 2, 3);
        await Wait.Eventually(() => a.Channel("x").Epoch == b.Channel("x").Epoch, "both nodes are in one epoch");
        Assert.Equal(3, (await a.PublishAsync("x", 4)).Offset);
        await chartA.ShowsAsync("x", 1, 2, 3, 4);
        await chartB.ShowsAsync("x", 1, 2, 3, 4);
        Assert.Empty(chartA.Gaps);
        Assert.Empty(chartB.Gaps);
        Assert.Equal((1, 2), (a.Count(BackplaneEvent.SeedAccepted), b.Count(BackplaneEvent.SeedAccepted)));
    }
}
