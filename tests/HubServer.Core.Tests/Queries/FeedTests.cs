using HubServer.Protocol;

namespace HubServer.Core.Tests.Queries;

public sealed class FeedTests : NodeTests
{
    public FeedTests()
        : base(new HubServerOptions { Queries = { MaxChannels = 2 }, Channels = { Retention = TimeSpan.FromSeconds(2) } })
    {
    }

    [Fact]
    public void EqualQueries_ShareAFeed()
    {
        Open("a", 50);
        Open("a", 50, rows: 5, maxDataPoints: 7);
        Open("a", 21);
        Open("a", 50, fields: []);
        Assert.Equal(2, Node.Status().Feeds);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 20)]
    [InlineData(20, 20)]
    [InlineData(501, 1_000)]
    [InlineData(60_000, 60_000)]
    public void Interval_IsRoundedUpTheLadder(int asked, int given)
    {
        Open("a", asked);
        Open("a", given);
        Assert.Equal(1, Node.Status().Feeds);
    }

    [Fact]
    public async Task LastSubscription_TakesTheFeedWithIt()
    {
        Publish("a");
        var (first, second) = (Open("a", 50), Open("a", 50));
        Assert.Equal((2, 1, 1), (Node.Status().Queries, Node.Status().Feeds, Node.Status().FollowedChannels));
        await first.DisposeAsync();
        Assert.Equal((1, 1, 1), (Node.Status().Queries, Node.Status().Feeds, Node.Status().FollowedChannels));
        await second.DisposeAsync();
        await second.DisposeAsync();
        Assert.Equal((0, 0, 0, 0), (Node.Status().Queries, Node.Status().Feeds, Node.Status().FollowedChannels, Node.Status().Timers));
        Assert.Equal(0, Node.Registry.Find(new ChannelId("a"))?.MemberCount);
        Assert.Equal(1, Time.Armed);
    }

    [Fact]
    public void FirstChangeAfterQuiet_GoesOutAtOnce_LaterOnesOnTheGrid()
    {
        Publish("a");
        var items = Open("a", 100);
        Next(items);
        Next(items);
        Time.Advance(TimeSpan.FromSeconds(1.07));
        Publish("a");
        Assert.Equal(1, Next(items)?.Frames[0].Offset);

        Publish("a");
        var waiting = items.MoveNextAsync();
        Run();
        Assert.False(waiting.IsCompleted);
        Time.Advance(TimeSpan.FromMilliseconds(29));
        Run();
        Assert.False(waiting.IsCompleted);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Run();
        Assert.True(waiting.IsCompleted);
    }

    [Fact]
    public void ReaderThatIsLappedPastTheFeedsCut_IsToldOfGapsThatFollowEachOther()
    {
        Publish("a");
        var items = Open("a", 1_000);
        Next(items);
        Next(items);
        Time.Advance(TimeSpan.FromSeconds(1.5));
        Publish("a");
        Run();
        Publish("a", TestBlocks.Rows(1_500));
        Time.Advance(TimeSpan.FromSeconds(1));
        Run();
        Publish("a", TestBlocks.Rows(1_500));

        // The reader is two Cuts behind, and of the rows up to the newest one none is left.
        var first = Assert.Single(Next(items)?.Frames ?? []);
        Time.Advance(TimeSpan.FromSeconds(1));
        Run();
        var second = Assert.Single(Next(items)?.Frames ?? []);

        Assert.Equal((1L, 1_501L, 1_502L, 0), (first.Gap?.From, first.Gap?.To, first.Offset, first.Count));
        Assert.Equal((1_502L, 2_001L, 2_002L, 1_000), (second.Gap?.From, second.Gap?.To, second.Offset, second.Count));
    }

    /// <summary>Seed 13 of the simulation, and its counterpart: the limit's error came and went only with another change.</summary>
    [Fact]
    public void ChannelLimit_IsAnnouncedWhenItIsMet_AndWhenItIsOver()
    {
        Publish("m/a");
        Publish("m/b");
        var items = Open("m/*", 20);
        Next(items);
        Next(items);

        Publish("m/c");
        Assert.Equal(ErrorCode.LimitExceeded, Assert.Single(Next(items)?.Head.Errors ?? []).Code);

        KeepAlive(4, "m/a", "m/b");
        Item? last = null;
        for (var item = Next(items); item is not null; item = Next(items))
            last = item.Head.Errors is null ? last : item;
        Assert.Empty(last?.Head.Errors ?? [new ItemError("", "")]);
    }

    /// <summary>A channel that the limit keeps out takes the place of one that leaves, even where a third appears in the same tick.</summary>
    [Fact]
    public void ChannelLimit_WhenAMemberLeavesWhileAnotherChannelAppears_StaysTrue()
    {
        Publish("m/a");
        Publish("m/b");
        Publish("m/c");
        var items = Open("m/*", 5_000);
        Next(items);
        Next(items);
        Publish("m/b");
        Next(items);

        KeepAlive(3, "m/b", "m/c");
        Assert.Null(Node.Registry.Find(new ChannelId("m/a")));
        KeepAlive(3, "m/b", "m/c", "m/d");
        var errors = new List<IReadOnlyList<ItemError>>();
        for (var item = Next(items); item is not null; item = Next(items))
        {
            if (item.Head.Errors is { } changed)
                errors.Add(changed);
        }

        Assert.Equal(3, Node.Registry.Count);
        Assert.DoesNotContain(errors, list => list.Count == 0);
        Assert.Equal(2, Node.Status().FollowedChannels);
    }

    /// <summary>Seed 54 of the simulation: both epochs were followed, and the removal of the first took the second away.</summary>
    [Fact]
    public void Channel_ThatGoesAndComesBackBeforeTheTick_IsShownInItsLastEpochAlone()
    {
        Options.Queries.MaxChannels = 10;
        Publish("other");
        var items = Open("**", 60_000);
        Next(items);
        Next(items);
        Publish("other");
        Next(items);

        Publish("a");
        KeepAlive(4, "other");
        Assert.Null(Node.Registry.Find(new ChannelId("a")));
        KeepAlive(60, "other", "a");
        var kinds = new List<FrameKind>();
        for (var item = Next(items); item is not null; item = Next(items))
            kinds.AddRange(item.Frames.Where(frame => frame.Channel == "a").Select(frame => frame.Kind));
        Assert.Equal([FrameKind.Snapshot], kinds);
    }
}
