using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>Which rows a node keeps of the channels that it knows.</summary>
public sealed class FollowingTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    [Fact]
    public async Task Channel_ThatOnlyAnotherNodePublishes_IsListedWithoutItsRows()
    {
        var a = await StartNodeAsync();
        var b = await StartNodeAsync();
        await a.PublishAsync("x", 1, 2, 3);
        await a.PublishAsync("x", 4, 5);

        await Wait.Eventually(() => b.Has("x", 5), "the other node knows how far the channel has come");
        var info = Assert.Single(b.Node.List(new ListRequest()).Channels);
        Assert.Equal(("x", 4L, 5, a.Channel("x").Epoch), (info.Id.Text, info.Offset, info.Rows, info.Epoch));
        Assert.Equal(["time", "v"], info.Schema.Schema.Fields.Select(field => field.Name));
        Assert.True(info.RowsPerSecond > 0, $"{info.RowsPerSecond} rows/s");
        Assert.NotNull(info.LastTime);
        Assert.Equal(a.Info("x")!.LastTime, info.LastTime);
        Assert.All([a, b], node => Assert.Equal((false, 0L), (node.Channel("x").IsFollowed, node.Node.Status().RingBytes)));
    }

    [Fact]
    public async Task Channel_ThatWasThereBeforeTheNode_IsListedTheSame()
    {
        var a = await StartNodeAsync();
        await a.PublishAsync("x", 1, 2, 3);
        var b = await StartNodeAsync();

        var (there, here) = (a.Info("x")!, b.Info("x")!);
        Assert.Equal((there.Epoch, there.Offset, there.Rows, there.LastTime), (here.Epoch, here.Offset, here.Rows, here.LastTime));
        Assert.Equal(there.Schema.Schema.Hash, here.Schema.Schema.Hash);
        Assert.False(b.Channel("x").IsFollowed);
    }

    [Fact]
    public async Task Query_OfAChannelWhoseRowsAreNotKept_BringsItsPastAndGoesOn()
    {
        var a = await StartNodeAsync();
        var b = await StartNodeAsync();
        await a.PublishAsync("x", 1, 2);
        await a.PublishAsync("x", 3);
        await Wait.Eventually(() => b.Has("x", 3), "the other node knows the channel");

        var chart = await OpenChartAsync(b, "x");
        Assert.Equal([1, 2, 3], chart.Values("x"));
        await a.PublishAsync("x", 4);
        await chart.ShowsAsync("x", 1, 2, 3, 4);
        Assert.Empty(chart.Gaps);
        Assert.Equal((true, false), (b.Channel("x").IsFollowed, a.Channel("x").IsFollowed));
    }

    [Fact]
    public async Task Ring_ThatNobodyReadsForKeepUnread_GoesAndComesAgainWithTheNextQuery()
    {
        var clock = new FakeTimeProvider();
        var a = await StartNodeAsync();
        var b = await StartNodeAsync(configure: static options => options.Backplane.Redis.StaleAfter = TimeSpan.FromHours(1), clock: clock);
        await a.PublishAsync("unread", 1, 2);
        await a.PublishAsync("read", 1);
        await Wait.Eventually(() => b.Has("read", 1), "the other node knows the channels");
        var chart = await OpenChartAsync(b, "read");
        Assert.Equal([1, 2], await b.SnapshotAsync("unread"));
        Assert.True(b.Channel("unread").IsFollowed);

        clock.Advance(TimeSpan.FromMinutes(2));
        await Wait.Eventually(() => !b.Channel("unread").IsFollowed, "the ring that nobody reads goes");
        Assert.Equal([1], b.Ring("read"));
        var bytes = b.Node.Status().RingBytes;
        await a.PublishAsync("unread", 3);
        await Wait.Eventually(() => b.Has("unread", 3), "the other node follows how far the channel comes");
        Assert.Equal((2L, bytes), (b.Info("unread")!.Offset, b.Node.Status().RingBytes));

        Assert.Equal([1, 2, 3], await b.SnapshotAsync("unread"));
        Assert.Empty(chart.Gaps);
    }

    [Fact]
    public async Task Query_OverAGlob_GetsAChannelThatAppearsOnAnotherNodeFromItsFirstRow()
    {
        var a = await StartNodeAsync();
        var b = await StartNodeAsync();
        var chart = await OpenChartAsync(b, "plant/*");

        await a.PublishAsync("plant/1", 1);
        await a.PublishAsync("plant/1", 2);
        await chart.ShowsAsync("plant/1", 1, 2);
        Assert.Empty(chart.Gaps);
    }

    [Fact]
    public async Task Query_OverAGlob_GetsAChannelWhoseFirstMessageWasLostFromItsFirstRow()
    {
        var link = OpenLink();
        var a = await StartNodeAsync();
        var b = await StartNodeAsync(link);
        var chart = await OpenChartAsync(b, "plant/*");
        var lost = link.DropNextMessage(Key("m"));

        await a.PublishAsync("plant/1", 1);
        await lost;
        await a.PublishAsync("plant/1", 2);
        await chart.ShowsAsync("plant/1", 1, 2);
        Assert.Empty(chart.Gaps);
        Assert.True(b.Count(BackplaneEvent.GapRepaired) > 0);
    }

    [Fact]
    public async Task Client_ThatComesFromANodeThatIsAhead_IsToldOfNoLoss()
    {
        var link = OpenLink();
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(link, clock: new FakeTimeProvider());
        await a.PublishAsync("x", 1);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        Assert.Equal([1], await b.SnapshotAsync("x"));
        var held = link.HoldNextMessage(Key("m"));
        var newest = await a.PublishAsync("x", 2);

        var chart = await OpenChartAsync(b, "x", new Resume("x", newest.Epoch, newest.Offset));

        await a.PublishAsync("x", 3);
        await chart.ShowsAsync("x", 3);
        await held;
        Assert.Empty(chart.Gaps);
    }

    [Fact]
    public async Task Client_ThatComesInAnEpochThatTheNodeDoesNotKnowYet_IsToldOfNoLoss()
    {
        var link = OpenLink();
        var a = await StartNodeAsync();
        var b = await StartNodeAsync(link);
        await a.PublishAsync("x", 1);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        Assert.Equal([1], await a.SnapshotAsync("x"));
        Assert.Equal([1], await b.SnapshotAsync("x"));
        link.IsDown = true;
        await FlushAsync();
        var newest = await a.PublishAsync("x", 2);

        link.IsDown = false;
        var chart = await OpenChartAsync(b, "x", new Resume("x", newest.Epoch, newest.Offset));

        await a.PublishAsync("x", 3);
        await chart.ShowsAsync("x", 3);
        Assert.Empty(chart.Gaps);
    }
}
