using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>Channels that go away on one node while another still has them.</summary>
public sealed class RemovalTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    private const int Rounds = 30;

    [Fact]
    public async Task Publish_ToAChannelWhoseRemovalWasNotHeardOfYet_BeginsAnotherOne()
    {
        var link = OpenLink();
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(link, clock: new FakeTimeProvider());
        var before = await a.PublishAsync("x", 1, 2, 3);
        await Wait.Eventually(() => b.Has("x", 3), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        var lost = link.DropNextMessage(Key("m"));
        await a.RemoveAsync("x");
        await lost;
        Assert.Equal(before.Epoch, b.Channel("x").Epoch);

        var after = await b.PublishAsync("x", 7);

        Assert.Equal(0, after.Offset);
        Assert.NotEqual(before.Epoch, after.Epoch);
        await chart.ShowsAsync("x", 7);
        await Wait.Eventually(() => a.Has("x", 1), "the node that removed the channel has the new one");
        Assert.All([a, b], node => Assert.Equal((after.Epoch, 1L), (node.Channel("x").Epoch, node.Channel("x").ReadHead().Next)));
        Assert.Equal([7], await a.SnapshotAsync("x"));
        Assert.Equal(1, await Redis.StreamLengthAsync(Key("c:x")));
    }

    [Fact]
    public async Task Remove_WhileAnotherNodePublishes_BringsNoRowBack()
    {
        var a = await StartNodeAsync();
        var b = await StartNodeAsync();
        var chart = await OpenChartAsync(b, "x");
        var results = new List<PublishResult>();
        for (var round = 0; round < Rounds; round++)
        {
            results.Add(await b.PublishAsync("x", results.Count));
            await Wait.Eventually(() => a.Registry.Find(new ChannelId("x")) is not null, "the other node has the channel");
            var removing = a.RemoveAsync("x");
            results.Add(await b.PublishAsync("x", results.Count));
            await removing;
        }

        // What was answered: each epoch has its own rows from offset 0 on, without a hole.
        var epochs = results.GroupBy(result => result.Epoch).ToArray();
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, epoch.Count()).Select(i => (long)i), epoch.Select(result => result.Offset)));
        var last = await b.PublishAsync("x", results.Count);
        await Wait.Eventually(() => a.Registry.Find(new ChannelId("x"))?.ReadHead() is { } head && head.Epoch == last.Epoch && head.Next == last.Offset + 1, "both nodes agree");
        var kept = results.FindAll(result => result.Epoch == last.Epoch).Count;
        var shown = Enumerable.Range(results.Count - kept, kept + 1).Select(value => (double)value).ToArray();
        await chart.ShowsAsync("x", shown);
        Assert.Equal(shown, await a.SnapshotAsync("x"));
    }

    [Fact]
    public async Task Removal_WhoseMessageWasLost_IsRepairedWithTheNextSignOfLife()
    {
        var clock = new FakeTimeProvider();
        var link = OpenLink();
        var a = await StartNodeAsync(clock: clock);
        var b = await StartNodeAsync(link, clock: new FakeTimeProvider());
        await a.PublishAsync("x", 1);
        await a.PublishAsync("y", 1);
        await Wait.Eventually(() => b.Has("y", 1), "both nodes have the channels");
        var chart = await OpenChartAsync(b, "*");
        var lost = link.DropNextMessage(Key("m"));
        await a.RemoveAsync("x");
        await lost;
        Assert.NotNull(b.Info("x"));

        clock.Advance(TimeSpan.FromSeconds(2));
        await Wait.Eventually(() => b.Info("x") is null && chart.Removed is ["x"], "the removal is repaired");
        Assert.Equal([1], chart.Values("y"));
    }

    [Fact]
    public async Task Channel_ThatBeginsWhileTheDirectoryIsRead_IsNotTakenForARemovedOne()
    {
        const int Channels = 12;
        var link = OpenLink();
        var a = await StartNodeAsync(link, clock: new FakeTimeProvider());
        await a.PublishAsync("x", 1);
        var chart = await OpenChartAsync(a, "**");
        var repaired = a.Count(BackplaneEvent.GapRepaired);
        link.ToServer = LinkConditions.Clear with { Latency = TimeSpan.FromMilliseconds(60) };

        await Redis.PublishAsync(StackExchange.Redis.RedisChannel.Literal(Key("m")), "junk");
        for (var i = 0; i < Channels; i++)
            await a.PublishAsync($"new/{i}", i);

        link.ToServer = LinkConditions.Clear;
        await Wait.Eventually(() => a.Count(BackplaneEvent.GapRepaired) > repaired, "the node looked at the whole partition");
        for (var i = 0; i < Channels; i++)
            await chart.ShowsAsync($"new/{i}", i);
        Assert.Empty(chart.Removed);
    }

    [Fact]
    public async Task Node_ThatWasCutOffWhileItsChannelWasMadeAnew_AdoptsTheNewOne()
    {
        var link = OpenLink();
        var a = await StartNodeAsync();
        var b = await StartNodeAsync(link);
        await a.PublishAsync("x", 1, 2, 3);
        await Wait.Eventually(() => b.Has("x", 3), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        link.IsDown = true;
        await a.RemoveAsync("x");
        var anew = await a.PublishAsync("x", 7, 8);

        link.IsDown = false;
        await chart.ShowsAsync("x", 7, 8);
        Assert.All([a, b], node => Assert.Equal(anew.Epoch, node.Channel("x").Epoch));
        Assert.Equal((GapReason.Reset, 3L), chart.Gaps is [var gap] ? (gap.Reason, gap.From) : default);
        Assert.Equal(0, b.Count(BackplaneEvent.SeedAccepted) + b.Count(BackplaneEvent.SeedRefused));
        Assert.Equal(2, (await b.PublishAsync("x", 9)).Offset);
    }

    [Fact]
    public async Task Node_ThatWasCutOffWhileItsChannelWasMadeAnewAndRedisBeganAnotherGeneration_AdoptsTheNewOne()
    {
        var link = OpenLink();
        var a = await StartNodeAsync();
        var b = await StartNodeAsync(link);
        await a.PublishAsync("x", 1, 2, 3);
        await Wait.Eventually(() => b.Has("x", 3), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        link.IsDown = true;
        await a.RemoveAsync("x");
        var anew = await a.PublishAsync("x", 7, 8);
        await Server.ChangeHistoryAsync();
        await Wait.Eventually(() => a.Count(BackplaneEvent.GenerationChanged) > 0, "the other node knows the new generation");

        link.IsDown = false;
        await chart.ShowsAsync("x", 7, 8);
        var next = await b.PublishAsync("x", 9);
        Assert.Equal(2, next.Offset);
        Assert.NotEqual(anew.Epoch, next.Epoch);
        Assert.Equal(2, b.Channel("x").EndOf(anew.Epoch));
        Assert.Equal(0, b.Count(BackplaneEvent.SeedAccepted) + b.Count(BackplaneEvent.SeedRefused));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Removal_ThatANodeDidNotHearOf_IsNotUndoneByItAfterAnotherGeneration(bool isRead)
    {
        var link = OpenLink();
        var a = await StartNodeAsync();
        var b = await StartNodeAsync(link);
        var before = await a.PublishAsync("x", 1, 2, 3);
        await Wait.Eventually(() => b.Has("x", 3), "both nodes have the channel");
        if (isRead)
            await OpenChartAsync(b, "x");
        link.IsDown = true;
        await Server.ChangeHistoryAsync();
        await Wait.Eventually(() => a.Count(BackplaneEvent.GenerationChanged) > 0, "the other node knows the new generation");
        await a.RemoveAsync("x");

        link.IsDown = false;

        await Wait.Eventually(() => b.Count(BackplaneEvent.GenerationChanged) > 0 && b.Status.IsReady, "the node looks at everything");
        Assert.Null(b.Info("x"));
        Assert.Equal(0, b.Count(BackplaneEvent.SeedAccepted) + b.Count(BackplaneEvent.SeedRefused));
        Assert.Equal((0, false), ((await b.PublishAsync("x", 7)).Offset, a.Backplane.Remembers(new ChannelId("x"), "none")));
        Assert.All([a, b], node => Assert.True(node.Backplane.Remembers(new ChannelId("x"), before.Epoch)));
    }

    [Fact]
    public async Task Channel_WhoseIdleTimeANodeCountedWithoutHearing_IsNotRemovedByIt()
    {
        var clock = new FakeTimeProvider();
        var link = OpenLink();
        var a = await StartNodeAsync();
        var b = await StartNodeAsync(link, static options => options.Channels.Retention = TimeSpan.FromSeconds(200), clock);
        await a.PublishAsync("x", 1);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        link.IsDown = true;
        clock.Advance(TimeSpan.FromSeconds(50));
        await a.Node.ConfigureAsync(new ChannelId("x"), new ChannelSettings { RetentionMs = 200_000 });
        link.IsDown = false;
        await b.UntilAsync(() => b.Count(BackplaneEvent.GapRepaired) > 0 && b.Status.IsReady, "the node looks at everything");
        Assert.Equal(200_000, b.Node.Settings(new ChannelId("x")).RetentionMs);

        // A sweep asks Redis at once, before the row of another channel.
        clock.Advance(TimeSpan.FromSeconds(170));
        await b.PublishAsync("y", 1);

        Assert.True(await Redis.HashExistsAsync(Key("d"), "x"));
        Assert.NotNull(b.Info("x"));
    }
}
