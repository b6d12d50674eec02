using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>What a channel has of its own reaches every node, in the order of its rows.</summary>
public sealed class SettingsTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    private static readonly ChannelId X = new("x");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Settings_ReachTheOtherNodes(bool isRead)
    {
        var (a, b, _) = await StartTwoAsync(isRead);

        await a.Node.ConfigureAsync(X, new ChannelSettings { Capacity = 2, RetentionMs = 60_000, Fields = [new RowField("v", Unit: "celsius")] });

        await HasSettingsAsync(b, capacity: 2, unit: "celsius");
        Assert.Equal(60_000, b.Node.Settings(X).RetentionMs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Settings_WhoseMessageWasLost_ReachTheOtherNodesWithTheNextSignOfLife(bool isRead)
    {
        var (a, b, link) = await StartTwoAsync(isRead);
        var lost = link.DropNextMessage(Key("m"));
        await a.Node.ConfigureAsync(X, new ChannelSettings { Capacity = 2, Fields = [new RowField("v", Unit: "celsius")] });
        await lost;
        Assert.NotEqual(2, b.Node.Settings(X).Capacity);

        await a.PublishAsync("y", 1);

        await HasSettingsAsync(b, capacity: 2, unit: "celsius");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Settings_ThatTheLogHasNoMore_ReachANodeThatWasAway(bool isRead)
    {
        var (a, b, link) = await StartTwoAsync(isRead);
        link.IsDown = true;
        await a.Node.ConfigureAsync(X, new ChannelSettings { Capacity = 10 });

        // Trimming takes whole nodes of the stream, of a hundred entries each.
        for (var i = 0; i < 250; i++)
            await a.PublishAsync("x", i);
        var first = (await Redis.StreamRangeAsync(Key("c:x"), count: 1))[0];
        Assert.NotEqual("3-0", first.Id.ToString());

        link.IsDown = false;
        await HasSettingsAsync(b, capacity: 10, unit: null);
        await Wait.Eventually(() => b.Has("x", 253), "the node is up to date");
    }

    [Fact]
    public async Task Settings_ReachANodeThatStartsLater()
    {
        var a = await StartNodeAsync();
        await a.Node.ConfigureAsync(X, new ChannelSettings { Capacity = 2, Fields = [new RowField("v", Unit: "celsius")] });
        var b = await StartNodeAsync();

        await HasSettingsAsync(b, capacity: 2, unit: "celsius");
        for (var i = 0; i < 5; i++)
            await a.PublishAsync("x", i);
        await Wait.Eventually(() => b.Has("x", 5), "the node has the rows");
        Assert.InRange((await b.SnapshotAsync("x")).Count, 2, 4);
    }

    [Fact]
    public async Task Settings_ThatTheNodeKnows_AreNotReadAgain()
    {
        var (a, b, _) = await StartTwoAsync(isRead: true);
        await a.Node.ConfigureAsync(X, new ChannelSettings { Capacity = 2 });
        await HasSettingsAsync(b, capacity: 2, unit: null);
        await Server.ExecuteAsync("CONFIG", "RESETSTAT");
        var repaired = b.Count(BackplaneEvent.GapRepaired);

        await Redis.PublishAsync(StackExchange.Redis.RedisChannel.Literal(Key("m")), "junk");
        await Wait.Eventually(() => b.Count(BackplaneEvent.GapRepaired) > repaired && b.Status.IsReady, "the node looks at the whole partition");

        Assert.Equal(0, await Server.CallsAsync("xrange"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Settings_OfAChannelThatWasMadeAnewWhileANodeWasAway_AreNotTheOldOnes(bool isRead)
    {
        var (a, b, link) = await StartTwoAsync(isRead);
        await a.Node.ConfigureAsync(X, new ChannelSettings { Capacity = 2 });
        await HasSettingsAsync(b, capacity: 2, unit: null);
        link.IsDown = true;
        await a.RemoveAsync("x");
        await a.PublishAsync("x", 4, 5, 6, 7);

        link.IsDown = false;
        await HasSettingsAsync(b, a.Node.Settings(X).Capacity ?? 0, unit: null);
        Assert.NotEqual(2, b.Node.Settings(X).Capacity);
        await Wait.Eventually(() => b.Has("x", 4), "the node has the rows");
        Assert.Equal([4, 5, 6, 7], await b.SnapshotAsync("x"));
    }

    [Fact]
    public async Task Capacity_OfAChannel_TrimsItsLog()
    {
        var a = await StartNodeAsync();
        await a.Node.ConfigureAsync(X, new ChannelSettings { Capacity = 10 });
        for (var i = 0; i < 300; i++)
        {
            await a.PublishAsync("x", i);
            await a.PublishAsync("other", i);
        }

        Assert.InRange(await Redis.StreamLengthAsync(Key("c:x")), 10, 200);
        Assert.Equal(300, await Redis.StreamLengthAsync(Key("c:other")));
        Assert.Equal(Enumerable.Range(290, 10).Select(value => (double)value), (await a.SnapshotAsync("x")).TakeLast(10));
    }

    private async Task<(RedisNode A, RedisNode B, FaultProxy LinkOfB)> StartTwoAsync(bool isRead)
    {
        var link = OpenLink();
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(link);
        await a.PublishAsync("x", 1, 2, 3);
        await Wait.Eventually(() => b.Has("x", 3), "both nodes have the channel");
        if (isRead)
            await OpenChartAsync(b, "x");
        return (a, b, link);
    }

    private static Task HasSettingsAsync(RedisNode node, int capacity, string? unit) => Wait.Eventually(
        () => node.Node.Settings(X) is var settings && settings.Capacity == capacity && settings.Fields.Any(field => field.Name == "v" && field.Unit == unit) | (unit is null),
        $"the node has capacity {capacity} and unit {unit}",
        () => node.Node.Settings(X).ToString());
}
