using System.Net;
using HubServer.Fixtures;
using HubServer.History;
using HubServer.Protocol;

namespace HubServer.Cluster.Tests;

/// <summary>Redis goes away, loses its data or refuses, under load. Numbered as in the project's table of faults.</summary>
[Collection(nameof(Alone))]
public sealed class RedisFaultTests
{
    private static readonly TimeSpan FourSeconds = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan FiveSeconds = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task F11_RedisAway8Seconds_PublishesFailFastAndEverythingGoesOnByItself()
    {
        await using var cluster = await Cluster.StartAsync(["appendonly", "yes", "appendfsync", "everysec"]);
        await cluster.PopulateAsync();
        var away = cluster.Run.Log.Now;
        await cluster.Redis.KillAsync();
        await Wait.Eventually(() => cluster.Run.Subscribers.All(subscriber => subscriber.IsStale), "everybody is told that the node is stale", deadline: FourSeconds);
        await FaultReport.WriteAsync("F11", cluster, TimeSpan.FromMilliseconds(cluster.Run.Log.Now - away), FourSeconds, "stale");
        Assert.All(cluster.Run.Subscribers, subscriber => Assert.Equal(ItemState.Streaming, subscriber.State));
        var (status, body) = await cluster.Nodes[0].ReadyAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("Redis", body, StringComparison.Ordinal);
        await RequireFastFailureAsync(cluster);
        await Wait.Eventually(() => cluster.Run.Log.Now > away + 8_000, "Redis is away for 8 s");

        await cluster.Redis.StartAgainAsync();
        await FaultReport.WriteAsync("F11", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await Wait.Eventually(async () => (await cluster.Nodes[0].ReadyAsync()).Status == HttpStatusCode.OK, "the node is ready again");
        Assert.True(await cluster.CountAsync("hubserver_epochs_total", ("result", "continued")) > 0);
        await cluster.FinishAsync(AllowedLosses.None);
    }

    [Fact]
    public async Task F13_RedisRestartsEmpty_NodesGiveItBackWhatItLost()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        await cluster.Redis.KillAsync();
        cluster.Redis.Wipe();
        await cluster.Redis.StartAgainAsync();
        await FaultReport.WriteAsync("F13", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await cluster.PublishedAsync(50);

        // The node that gives a channel back need not be the one that has the newest rows of it.
        var report = await cluster.FinishAsync(AllowedLosses.Rollback);
        Assert.True(await cluster.EventsAsync("seed_accepted") >= Cluster.Channels.Length, report.ToString());
        Assert.True(report.Totals.Continuations > 0, report.ToString());
    }

    [Fact]
    public async Task F13_BlockOfBeforeRedisWasEmptiedRepeated_ItsFirstAnswerIsGiven()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(blocksPerSecond: 0.001, firstBlocks: 10);
        var publisher = cluster.Run.Publishers[0];
        var first = await publisher.PublishAsync(Cluster.Channels[0], 3);
        await Wait.Eventually(() => cluster.Run.Missing().Count == 0, "everybody has the last row");
        await cluster.Redis.ExecuteAsync("FLUSHALL");
        await Wait.Eventually(async () => await cluster.EventsAsync("seed_accepted") >= Cluster.Channels.Length, "Redis has every channel again", deadline: FiveSeconds);

        Assert.Equal(first.Result, (await publisher.RepeatAsync()).Result);
        var report = await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(report.Totals.Continuations > 0, report.ToString());
    }

    [Fact]
    public async Task F17_RedisComesBackWithAnOldDump_TheRollbackIsAnnounced()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        await cluster.Redis.ExecuteAsync("SAVE");
        await cluster.PublishedAsync(60);
        await cluster.Redis.KillAsync();
        await cluster.Redis.StartAgainAsync();
        await FaultReport.WriteAsync("F17", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await cluster.PublishedAsync(50);
        var report = await cluster.FinishAsync(AllowedLosses.Rollback);
        Assert.True(report.Totals.GapsOf(GapReason.Rollback).Rows > 0, report.ToString());
        Assert.True(await cluster.CountAsync("hubserver_epochs_total", ("result", "rolled_back")) > 0);
    }

    [Fact]
    public async Task F17_RedisComesBackWithAnOldDumpAndNobodyPublishes_EveryNodeAnnouncesTheRollback()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(blocksPerSecond: 0.001, firstBlocks: 10);
        await cluster.Redis.ExecuteAsync("SAVE");
        for (var i = 0; i < 20; i++)
            await cluster.Run.Publishers[0].PublishAsync(Cluster.Channels[0], 2);
        await Wait.Eventually(() => cluster.Run.Missing().Count == 0, "everybody has the last row");
        var before = cluster.Run.Subscribers[0].PositionOf(Cluster.Channels[0])?.Epoch;
        await cluster.Redis.KillAsync();
        await cluster.Redis.StartAgainAsync();

        // The numbers of the messages begin again below those that the nodes have seen.
        var started = cluster.Run.Log.Now;
        await Wait.Eventually(() => cluster.Run.Subscribers.All(subscriber => subscriber.PositionOf(Cluster.Channels[0])?.Epoch != before), "everybody is told that rows are lost", deadline: FiveSeconds);
        await FaultReport.WriteAsync("F17", cluster, TimeSpan.FromMilliseconds(cluster.Run.Log.Now - started), FiveSeconds, "told in silence");
        await cluster.Run.Publishers[0].PublishAsync(Cluster.Channels[0], 1);
        var report = await cluster.FinishAsync(AllowedLosses.Rollback);
        Assert.Equal(6 * 40, report.Totals.GapsOf(GapReason.Rollback).Rows);
    }

    [Fact]
    public async Task RedisComesBackWithADumpFromBeforeItWasEmptied_NodesGiveItBackWhatTheyHave()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        await cluster.Redis.ExecuteAsync("SAVE");
        await cluster.Redis.ExecuteAsync("FLUSHALL");
        await cluster.RecoveredAsync(FiveSeconds);
        await cluster.PublishedAsync(50);

        // FLUSHALL saves an empty dump where saving is on, and it is off here: the one from before is still there.
        await cluster.Redis.KillAsync();
        await cluster.Redis.StartAgainAsync();
        await FaultReport.WriteAsync("stale dump", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await cluster.PublishedAsync(50);
        var report = await cluster.FinishAsync(AllowedLosses.Rollback);
        Assert.True(await cluster.EventsAsync("foreign_refused") > 0, report.ToString());
    }

    [Fact]
    public async Task F18_DataDeletedWhileLive_ChartsKeepTheirPicture()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        await cluster.Redis.ExecuteAsync("FLUSHALL");
        await FaultReport.WriteAsync("F18", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds, "FLUSHALL");
        foreach (var channel in Cluster.Channels)
        {
            foreach (var key in await KeysAsync(cluster, $"*}}:c:{channel.Split('{')[0]}*"))
                await cluster.Redis.ExecuteAsync("DEL", key);
        }

        await FaultReport.WriteAsync("F18", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds, "DEL of the streams");
        foreach (var key in await KeysAsync(cluster, "*}:d"))
            await cluster.Redis.ExecuteAsync("DEL", key);
        await FaultReport.WriteAsync("F18", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds, "DEL of the directories");
        await cluster.FinishAsync(AllowedLosses.Rollback);
        Assert.True(await cluster.EventsAsync("seed_accepted") >= Cluster.Channels.Length);
        Assert.True(await cluster.EventsAsync("seed_refused") + await cluster.EventsAsync("empty_refused") > 0);
    }

    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F18_RedisEmptiedTwiceBehindANodesBack_NodesAgreeOnWhatThereIs(bool isStopped)
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(serverTimeout: FourSeconds);
        foreach (var (i, publisher) in cluster.Run.Publishers.Index())
            publisher.Pin(cluster.Urls[1 + (i % 2)]);
        if (isStopped)
            await cluster.Nodes[0].PauseAsync();
        else
            cluster.RedisLinks[0].IsDown = true;
        for (var i = 0; i < 2; i++)
        {
            await cluster.PublishedAsync(50);
            await cluster.Redis.ExecuteAsync("FLUSHALL");
        }

        await cluster.PublishedAsync(200);
        if (isStopped)
            await cluster.Nodes[0].ContinueAsync();
        else
            cluster.RedisLinks[0].IsDown = false;
        foreach (var publisher in cluster.Run.Publishers)
            publisher.Pin(null);
        await FaultReport.WriteAsync("emptied twice", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds, isStopped ? "a node stood still" : "a node was cut off");

        // Nodes that do not agree on which rows are the newer ones give Redis theirs in turn, for ever.
        var seeds = await cluster.EventsAsync("seed_accepted");
        await cluster.PublishedAsync(200);
        Assert.Equal(seeds, await cluster.EventsAsync("seed_accepted"));
        await cluster.FinishAsync(AllowedLosses.Rollback);
    }

    [Fact]
    public async Task WrongTypedKeys_StopNoChannel()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        foreach (var suffix in new[] { "c:*", "s", "n:*", "d" })
        {
            foreach (var key in await KeysAsync(cluster, $"*}}:{suffix}"))
            {
                // In one step: a node would make a key anew that is missing for a moment.
                await cluster.Redis.ExecuteAsync(suffix == "c:*" ? "HSET" : "SET", suffix == "c:*" ? ["junk", "x", "y"] : ["junk", "x"]);
                await cluster.Redis.ExecuteAsync("RENAME", "junk", key);
            }

            await FaultReport.WriteAsync("wrong type", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds, suffix);
        }

        await cluster.FinishAsync(AllowedLosses.Rollback);
    }

    [Fact(Explicit = true)]
    public async Task F20_OutOfMemory_PublishersAreToldAndReadersGoOn()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        await cluster.Redis.ConfigAsync("maxmemory", "1mb");
        await Wait.Eventually(() => cluster.Run.Publishers.Sum(publisher => publisher.Refused) > 20, "publishes are refused");
        Assert.All(cluster.Run.Subscribers, subscriber => Assert.Equal(ItemState.Streaming, subscriber.State));
        await cluster.Redis.ConfigAsync("maxmemory", "0");
        await FaultReport.WriteAsync("F20", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        var report = await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(report.Totals.RefusedBlocks > 0, report.ToString());
    }

    [Fact]
    public async Task F28_ScriptsFlushed_NoPublishFails()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        for (var i = 0; i < 20; i++)
        {
            await cluster.Redis.ExecuteAsync("SCRIPT", "FLUSH");
            await cluster.PublishedAsync(5);
        }

        await FaultReport.WriteAsync("F28", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        var report = await cluster.FinishAsync(AllowedLosses.None);
        Assert.Equal(0, report.Totals.RefusedBlocks);
        Assert.Equal(0, await cluster.EventsAsync("call_failed"));
        Assert.Contains("errorstat_NOSCRIPT", (await cluster.Redis.InfoAsync("errorstats")).Keys);
    }

    private static async Task<string[]> KeysAsync(Cluster cluster, string pattern) =>
        [.. ((string?[]?)await cluster.Redis.ExecuteAsync("KEYS", pattern) ?? []).OfType<string>()];

    private static async Task RequireFastFailureAsync(Cluster cluster)
    {
        using var http = new HttpClient();
        var started = cluster.Run.Log.Now;
        using var response = await http.PostAsync(new Uri(cluster.Nodes[1].Url, "/api/channels/fast/rows"), new StringContent("""{"v":1}"""));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("backplane_unavailable", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.InRange(cluster.Run.Log.Now - started, 0, 2_000);
    }
}
