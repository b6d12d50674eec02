using System.Globalization;
using HubServer.Fixtures;
using HubServer.History;
using HubServer.Protocol;

namespace HubServer.Cluster.Tests;

/// <summary>A replica takes over, under load. Numbered as in the project's table of faults.</summary>
[Collection(nameof(Alone))]
public sealed class FailoverTests
{
    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);

    [Fact(Explicit = true)]
    public async Task F14_HealthyReplicaPromoted_NothingIsLost()
    {
        var (cluster, replica, _) = await StartAsync();
        await using var all = cluster;
        await cluster.PopulateAsync();

        // A planned end: nothing more is acknowledged that the replica would not have.
        await cluster.Redis.ExecuteAsync("CLIENT", "PAUSE", 10_000, "WRITE");
        await Wait.Eventually(() => replica.IsReplicaInSyncAsync(cluster.Redis), "the replica has everything");
        await cluster.Redis.KillAsync();
        await replica.PromoteAsync();
        await FaultReport.WriteAsync("F14", cluster, await cluster.RecoveredAsync(TenSeconds), TenSeconds);
        await cluster.PublishedAsync(50);
        await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(await cluster.CountAsync("hubserver_epochs_total", ("result", "continued")) > 0);
    }

    [Fact]
    public async Task F15_ReplicaThatWasCutOffPromoted_TheLostRowsAreAnnounced()
    {
        var (cluster, replica, link) = await StartAsync();
        await using var all = cluster;
        await cluster.PopulateAsync();
        await Wait.Eventually(() => replica.IsReplicaInSyncAsync(cluster.Redis), "the replica follows");
        link.IsDown = true;
        await cluster.PublishedAsync(60);
        await cluster.Redis.KillAsync();
        await replica.PromoteAsync();
        await FaultReport.WriteAsync("F15", cluster, await cluster.RecoveredAsync(TenSeconds), TenSeconds);
        await cluster.PublishedAsync(50);
        var report = await cluster.FinishAsync(AllowedLosses.Rollback);
        Assert.True(report.Totals.GapsOf(GapReason.Rollback).Rows > 0, report.ToString());
        Assert.True(await cluster.CountAsync("hubserver_epochs_total", ("result", "rolled_back")) > 0);
    }

    [Fact]
    public async Task FirstReplicaAttachesUnderLoad_NothingIsLost()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.PopulateAsync();
        var replica = cluster.Own(await RedisServer.StartReplicaOfAsync("127.0.0.1", cluster.Redis.Port));
        await Wait.Eventually(async () => (await replica.InfoAsync("replication"))["master_link_status"] == "up", "the replica follows");
        await FaultReport.WriteAsync("first replica", cluster, await cluster.RecoveredAsync(TenSeconds), TenSeconds);
        await cluster.PublishedAsync(50);
        await cluster.FinishAsync(AllowedLosses.None);
        Assert.True(await cluster.CountAsync("hubserver_epochs_total", ("result", "continued")) > 0);
    }

    /// <summary>A cluster whose nodes know both servers, and the link over which the replica follows.</summary>
    private static async Task<(Cluster Cluster, RedisServer Replica, FaultProxy Link)> StartAsync()
    {
        var replica = await RedisServer.StartAsync();
        var cluster = await Cluster.StartAsync(connect: port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port},127.0.0.1:{replica.Port}"), replica: replica);
        return (cluster, replica, cluster.ReplicaLink ?? throw new InvalidOperationException("there is no replica"));
    }
}
