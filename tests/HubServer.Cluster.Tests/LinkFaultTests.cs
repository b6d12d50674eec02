using HubServer.Fixtures;
using HubServer.History;

namespace HubServer.Cluster.Tests;

/// <summary>Faults of the way between nodes and Redis, under load. Numbered as in the project's table of faults.</summary>
[Collection(nameof(Alone))]
public sealed class LinkFaultTests
{
    private const int MaxKills = 20;
    private static readonly TimeSpan FourSeconds = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan FiveSeconds = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task F21_SubscriptionsKilledAgainAndAgain_EveryHoleIsRepaired()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(blocksPerSecond: 100);

        // A quick reconnection may miss no message, so this goes on until one was missed.
        for (var i = 0; i < 4 || (i < MaxKills && await cluster.EventsAsync("gap_repaired") == 0); i++)
        {
            await cluster.Redis.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await FaultReport.WriteAsync("F21", cluster, await cluster.RecoveredAsync(FiveSeconds), TimeSpan.FromSeconds(2), $"kill {i + 1}");
            await cluster.PublishedAsync(60);
        }

        await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(await cluster.EventsAsync("gap_repaired") > 0);
    }

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task F22_LastMessageBeforeSilenceDropped_ItsRowsComeAllTheSame(string protocol)
    {
        await using var cluster = await Cluster.StartAsync(connect: port => $"127.0.0.1:{port},protocol={protocol}");
        await cluster.PopulateAsync(blocksPerSecond: 0.001, firstBlocks: 10);
        var bound = TimeSpan.FromSeconds(3);
        for (var i = 0; i < 3; i++)
        {
            // The publishing node has its rows by the reply; the one behind this link misses the message.
            var link = cluster.RedisLinks[i];
            cluster.Run.Publishers[0].Pin(cluster.Urls[(i + 1) % 3]);
            var dropped = link.DropNextMessage(message => message.Payload.Span.IndexOf("plant/a"u8) >= 0);
            var outcome = await cluster.Run.Publishers[0].PublishAsync(Cluster.Channels[0], 3);
            var next = (outcome.Result?.Offset ?? 0) + 3;
            var started = cluster.Run.Log.Now;
            await dropped.WaitAsync(FiveSeconds, TimeProvider.System);
            await Wait.Eventually(() => cluster.Run.Subscribers.All(subscriber => subscriber.Has(Cluster.Channels[0], next)), "everybody has the last row", deadline: FiveSeconds);
            await FaultReport.WriteAsync($"F22, {protocol}", cluster, TimeSpan.FromMilliseconds(cluster.Run.Log.Now - started), bound);
            Assert.InRange(cluster.Run.Log.Now - started, 0, bound.TotalMilliseconds);
        }

        await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(await cluster.EventsAsync("gap_repaired") > 0);
    }

    [Fact]
    public async Task F22_MessageDroppedBeforeOneOfAnotherChannel_ItsRowsComeAllTheSame()
    {
        await using var cluster = await Cluster.StartAsync(nodeOptions: new() { ["HubServer__Partitions"] = "1" });
        await cluster.PopulateAsync(blocksPerSecond: 0.001, firstBlocks: 10);
        for (var i = 0; i < 3; i++)
        {
            // Nothing else of the channel comes by which the node could see that it lacks rows.
            var (publisher, link) = (cluster.Run.Publishers[0], cluster.RedisLinks[i]);
            publisher.Pin(cluster.Urls[(i + 1) % 3]);
            var dropped = link.DropNextMessage(message => message.Payload.Span.IndexOf("plant/a"u8) >= 0);
            await publisher.PublishAsync(Cluster.Channels[0], 3);
            await dropped.WaitAsync(FiveSeconds, TimeProvider.System);
            await publisher.PublishAsync(Cluster.Channels[2], 1);
            await Wait.Eventually(() => cluster.Run.Missing().Count == 0, "everybody has the last row", () => string.Join('\n', cluster.Run.Missing()), FiveSeconds);
        }

        await cluster.FinishAsync(AllowedLosses.None);
    }

    [Fact(Explicit = true)]
    public async Task F23_MessagesDoubledAndReordered_RowsAreNot()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        for (var i = 0; i < 60; i++)
        {
            var link = cluster.RedisLinks[i % 3];
            await (i % 2 == 0 ? link.DuplicateNextMessage(static _ => true) : link.HoldNextMessage(static _ => true)).WaitAsync(FiveSeconds, TimeProvider.System);
        }

        await FaultReport.WriteAsync("F23", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(await cluster.EventsAsync("gap_repaired") > 0);
    }

    [Fact]
    public async Task F25_NodeThatHearsNothingFromRedis_SaysThatItIsStale()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        var deaf = cluster.Run.Subscribers.Where(subscriber => subscriber.Node == "node-0").ToArray();
        Assert.NotEmpty(deaf);
        var since = cluster.Run.Log.Now;
        cluster.RedisLinks[0].BlackHole = Direction.ToClient;
        await Wait.Eventually(() => deaf.All(subscriber => subscriber.IsStale), "its subscribers are told", deadline: FiveSeconds);
        var told = TimeSpan.FromMilliseconds(cluster.Run.Log.Now - since);
        await FaultReport.WriteAsync("F25", cluster, told, FourSeconds, "stale");
        Assert.InRange(told, TimeSpan.Zero, FourSeconds);
        Assert.All(cluster.Run.Subscribers.Except(deaf), subscriber => Assert.False(subscriber.IsStale));
        await Wait.Eventually(() => cluster.Run.Log.Now > since + 6_000, "the node is deaf for 6 s");

        cluster.RedisLinks[0].BlackHole = Direction.None;
        await FaultReport.WriteAsync("F25", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await cluster.FinishAsync(AllowedLosses.None);
    }

    [Fact(Explicit = true)]
    public async Task F26_LinksThatGiveAFewBytesAtATime_ChangeNothing()
    {
        await using var cluster = await Cluster.StartAsync();
        foreach (var link in cluster.RedisLinks.Concat(cluster.ClientLinks))
            link.ToClient = link.ToServer = link.ToClient with { MaxPieceBytes = 7 };
        await cluster.PopulateAsync(blocksPerSecond: 10);
        await cluster.PublishedAsync(150);
        await FaultReport.WriteAsync("F26", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await cluster.FinishAsync(AllowedLosses.None);
    }

    [Fact(Explicit = true)]
    public async Task F27_RedisFarAway_RowsComeInOrder()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        foreach (var link in cluster.RedisLinks)
            link.ToClient = link.ToServer = link.ToClient with { Latency = TimeSpan.FromMilliseconds(100), Jitter = TimeSpan.FromMilliseconds(75) };
        await cluster.PublishedAsync(200);
        await FaultReport.WriteAsync("F27", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await cluster.FinishAsync(AllowedLosses.None);
    }

    [Fact]
    public async Task F31_AnswersOfRedisLost_RetriesAreTakenOnce()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        cluster.Run.AddPublisher(new PublisherOptions { Id = "anonymous", Urls = cluster.Urls, Channels = Cluster.Channels, BlocksPerSecond = 60, IsAnonymous = true, Timeout = FourSeconds });
        for (var i = 0; i < 9; i++)
        {
            // What is under way gets to Redis and its answer does not come back.
            var link = cluster.RedisLinks[i % 3];
            var swallowed = link.BytesSwallowed;
            link.BlackHole = Direction.ToClient;
            await Wait.Eventually(() => link.BytesSwallowed > swallowed + 500, "answers are lost", deadline: FiveSeconds);
            link.BlackHole = Direction.None;
            await cluster.PublishedAsync(20);
        }

        await FaultReport.WriteAsync("F31", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        var report = await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(await cluster.EventsAsync("call_repeated") > 0, report.ToString());
        Assert.True(await cluster.EventsAsync("duplicate_refused") > 0, report.ToString());
    }

    [Fact]
    public async Task F32_ManyPublishersOfOneChannelOnAllNodes_OneOrder()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(blocksPerSecond: 150);
        await cluster.PublishedAsync(1_500);
        await FaultReport.WriteAsync("F32", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        var report = await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(await cluster.CountAsync("hubserver_blocks_total", ("result", "parked")) > 0, report.ToString());
        Assert.True(await cluster.EventsAsync("stale_schema_refused") > 0, report.ToString());
    }
}
