using HubServer.Fixtures;
using HubServer.History;
using HubServer.Protocol;

namespace HubServer.Cluster.Tests;

/// <summary>Faults of nodes and of the clients' connections, under load. Numbered as in the project's table of faults.</summary>
[Collection(nameof(Alone))]
public sealed class NodeFaultTests
{
    private static readonly TimeSpan FiveSeconds = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F01_NodeKilled_ItsClientsGoOnElsewhere(bool throughNginx)
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(urls: await UrlsAsync(cluster, throughNginx));

        // Which node nginx gives to whom depends on what else was asked meanwhile.
        var name = cluster.Run.Subscribers[0].Node;
        var there = cluster.Run.Subscribers.Count(subscriber => subscriber.Node == name);
        await cluster.Nodes.Single(node => name == $"node-{cluster.Nodes.IndexOf(node)}").KillAsync();
        await FaultReport.WriteAsync(throughNginx ? "F1, nginx" : "F1", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        await cluster.PublishedAsync(100);

        var report = await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(report.Totals.Resumes >= there, report.ToString());
    }

    [Fact(Explicit = true)]
    public async Task F03_NodeStopped10Seconds_ItsClientsGoOnElsewhereAndItDeliversNothingOld()
    {
        var timeout = TimeSpan.FromSeconds(4);
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(serverTimeout: timeout);
        foreach (var (i, publisher) in cluster.Run.Publishers.Index())
            publisher.Pin(cluster.Urls[1 + (i % 2)]);
        var since = cluster.Run.Log.Now;
        await cluster.Nodes[0].PauseAsync();
        var bound = timeout + FiveSeconds;
        var recovered = await cluster.RecoveredAsync(bound);
        await Wait.Eventually(() => cluster.Run.Log.Now > since + 10_000, "the node stands still for 10 s");
        await cluster.Nodes[0].ContinueAsync();
        var again = await cluster.RecoveredAsync(FiveSeconds);
        await FaultReport.WriteAsync("F3", cluster, recovered, bound);
        await FaultReport.WriteAsync("F3", cluster, again, FiveSeconds, "after it goes on");
        await cluster.FinishAsync(AllowedLosses.None);
    }

    [Fact(Explicit = true)]
    public async Task F04_RollingRestarts_NothingIsLost()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        for (var i = 0; i < 9; i++)
        {
            await cluster.Nodes[i % 3].RestartAsync();
            await FaultReport.WriteAsync("F4", cluster, await cluster.RecoveredAsync(TimeSpan.FromSeconds(10)), TimeSpan.FromSeconds(10), $"restart {i + 1}");
        }

        await cluster.FinishAsync(AllowedLosses.None);
    }

    [Fact]
    public async Task F05_ConnectionsReset1000Times_ResumeWithoutAHole()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        var random = new Random(5);
        while (cluster.Run.Subscribers.Sum(subscriber => subscriber.Calls) < 1_000)
        {
            cluster.ClientLinks[random.Next(3)].DropConnections();
            await cluster.PublishedAsync(1);
        }

        var recovered = await cluster.RecoveredAsync(FiveSeconds);
        var recoveries = cluster.Run.Subscribers.SelectMany(subscriber => subscriber.Recoveries).Order().ToArray();
        var bound = TimeSpan.FromSeconds(1);
        await FaultReport.WriteAsync("F5", cluster, recoveries[recoveries.Length * 99 / 100], bound, $"resume p99 of {recoveries.Length}");
        Assert.True(recovered < FiveSeconds);
        var report = await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(report.Totals is { Resumes: > 500, RepeatedBlocks: > 0, ResolvedBlocks: > 0 }, report.ToString());
    }

    [Fact(Explicit = true)]
    public async Task F06_ClientAwayForLongerThanTheRing_IsToldTheGap()
    {
        await using var cluster = await Cluster.StartAsync(nodeOptions: new() { ["HubServer__Channels__Capacity"] = "100" });
        await cluster.PopulateAsync();
        var away = cluster.Run.Subscribers[3];
        away.StayAway();
        var next = away.PositionOf(Cluster.Channels[0])?.Offset + 200;
        await Wait.Eventually(() => cluster.Run.Subscribers[0].PositionOf(Cluster.Channels[0])?.Offset > next, "more rows come than are kept");
        away.Return();
        await FaultReport.WriteAsync("F6", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        var report = await cluster.FinishAsync(AllowedLosses.Lapped);
        Assert.True(report.Totals.GapsOf(GapReason.Lapped).Rows > 0, report.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task F07_ClientAway_ResumesOnAnotherNode(bool throughNginx)
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(urls: await UrlsAsync(cluster, throughNginx));
        for (var i = 0; i < 6; i++)
        {
            var away = cluster.Run.Subscribers[i];
            away.StayAway();
            await cluster.PublishedAsync(40);
            if (!throughNginx)
                away.Pin(cluster.Urls[(i + 1) % 3]);
            away.Return();
        }

        await FaultReport.WriteAsync(throughNginx ? "F7, nginx" : "F7", cluster, await cluster.RecoveredAsync(FiveSeconds), FiveSeconds);
        var report = await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(report.Totals is { Resumes: >= 6, Moves: >= 3 }, report.ToString());
    }

    [Fact(Explicit = true)]
    public async Task F08_5000ClientsComeBackAtOnce_EachNodeReadsAChannelOnce()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync(blocksPerSecond: 10);
        var storm = Enumerable.Range(0, 5_000).Select(i => new StormClient(cluster.Urls[i % 3], "plant/*")).ToArray();
        foreach (var client in storm)
        {
            cluster.Own(client);
            client.Start();
        }

        await Wait.Eventually(() => storm.All(client => client.IsLive), "all are live", () => $"{storm.Count(client => client.IsLive)} are", TimeSpan.FromSeconds(60));
        await cluster.Redis.ExecuteAsync("CONFIG", "RESETSTAT");
        foreach (var link in cluster.ClientLinks)
            link.IsDown = true;
        foreach (var node in cluster.Nodes)
            await node.RestartAsync();
        foreach (var link in cluster.ClientLinks)
            link.IsDown = false;

        var bound = TimeSpan.FromSeconds(20);
        var started = cluster.Run.Log.Now;
        await Wait.Eventually(() => storm.All(client => client.IsLive && client.Calls > 1), "all are live again", () => $"{storm.Count(client => client.IsLive)} are", bound);
        await FaultReport.WriteAsync("F8", cluster, TimeSpan.FromMilliseconds(cluster.Run.Log.Now - started), bound);
        Assert.InRange(await cluster.Redis.CallsAsync("xrevrange"), 1, 3 * Cluster.Channels.Length * 2);
        foreach (var client in storm)
            client.Stop();
        await cluster.RecoveredAsync(FiveSeconds);
        await cluster.FinishAsync(AllowedLosses.None);
    }

    private static async Task<Uri[]?> UrlsAsync(Cluster cluster, bool throughNginx)
    {
        if (!throughNginx)
            return null;
        var nginx = cluster.Own(await NginxProxy.StartAsync([.. cluster.Nodes.Select(node => node.Url)]));

        // Two names of the one address, so that clients have somewhere to move on to.
        return [nginx.Url, new UriBuilder(nginx.Url) { Host = "localhost" }.Uri];
    }
}
