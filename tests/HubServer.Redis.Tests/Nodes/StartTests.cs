using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>What a node finds where it starts: another deployment, a Redis that is set up badly, or none.</summary>
public sealed class StartTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    [Fact]
    public async Task Node_WithAnotherNumberOfPartitions_IsRefusedAndToldTheRightOne()
    {
        var a = await StartNodeAsync(configure: static options => options.Partitions = 2);
        await a.PublishAsync("x", 1);

        var b = OpenNode(configure: static options => options.Partitions = 3);
        await Wait.Eventually(() => b.Status.Problem?.Contains("set it to 2", StringComparison.Ordinal) == true, "the node says what would be right", () => b.Status.Problem ?? "");

        Assert.False(b.Status.IsReady);
        Assert.Contains($"{Prefix}:partitions", b.Status.Problem, StringComparison.Ordinal);
        var refused = await b.TryPublishAsync("x", 2);
        Assert.Equal((ErrorCode.BackplaneUnavailable, b.Status.Problem), (refused.Error?.Code, refused.Error?.Message));
        Assert.Equal(1, (await a.PublishAsync("x", 2)).Offset);
    }

    [Fact]
    public async Task Node_WithAnotherNumberOfPartitions_WritesNothingBeforeItKnows()
    {
        await Redis.StringSetAsync($"{Prefix}:partitions", 16);
        var link = OpenLink();
        link.ToServer = LinkConditions.Clear with { Latency = TimeSpan.FromMilliseconds(100) };

        var node = OpenNode(link, static options => options.Partitions = 3);
        var published = 0;
        while (node.Status.Problem?.Contains("set it to 16", StringComparison.Ordinal) != true)
            published += (await node.TryPublishAsync("x", 1)).Count;

        Assert.Equal(0, published);
        Assert.Equal(["partitions"], await KeysAsync());
    }

    [Fact]
    public async Task Node_WithAnotherNumberOfPartitions_BelievesNothingAndDoesNotMakeItsOwnTheDeployments()
    {
        var a = await StartNodeAsync(configure: static options => options.Partitions = 2);
        await a.PublishAsync("x", 1);
        var clock = new FakeTimeProvider();
        var b = OpenNode(configure: static options => options.Partitions = 3, clock: clock);
        await b.UntilAsync(() => b.Status.Problem?.Contains("set it to 2", StringComparison.Ordinal) == true, "the node says what would be right");
        var chart = await OpenChartAsync(b, "*");
        await FlushAsync();
        var reads = await Server.CallsAsync("get");

        for (var i = 2; i < 20; i++)
            await a.PublishAsync("x", i);
        await Wait.Eventually(
            async () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return await Server.CallsAsync("get") > reads + 1;
            },
            "the node looks for the number again");

        Assert.NotEqual("3", (await Redis.StringGetAsync($"{Prefix}:partitions")).ToString());
        Assert.Empty(b.Registry.Channels);
        Assert.True(chart.IsStale);
        Assert.Contains("set it to 2", b.Status.Problem, StringComparison.Ordinal);
        Assert.All(await KeysAsync(), static key => Assert.DoesNotContain("{p02}", key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Node_WhoseDeploymentHasNoNumberOfPartitions_SaysWhichKeyToSet()
    {
        await Redis.StringSetAsync($"{Prefix}:partitions", "junk");
        var node = OpenNode();

        await Wait.Eventually(() => node.Status.Problem?.Contains($"the key {Prefix}:partitions of Redis is no number", StringComparison.Ordinal) == true, "the node says what is wrong", () => node.Status.Problem ?? "");
        Assert.DoesNotContain("junk", node.Status.Problem, StringComparison.Ordinal);

        await Redis.StringSetAsync($"{Prefix}:partitions", 1);
        await Wait.Eventually(() => node.Status.IsReady, "the node looks again", () => node.Status.Problem ?? "");
    }

    [Fact]
    public async Task Node_WhoseDatabaseIsNotThere_SaysWhy()
    {
        var node = OpenNode(configure: static options => options.Backplane.Redis.ConnectionString += ",defaultDatabase=99");

        await Wait.Eventually(() => node.Status.Problem?.Contains("99", StringComparison.Ordinal) == true, "the node says what is wrong", () => node.Status.Problem ?? "");
        Assert.Contains("ConnectionString", node.Status.Problem, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.BackplaneUnavailable, (await node.TryPublishAsync("x", 1)).Error?.Code);
    }

    [Fact]
    public async Task Node_ThatStarts_CountsNoChangeOfGeneration()
    {
        var a = await StartNodeAsync();
        await a.PublishAsync("x", 1);
        var b = await StartNodeAsync();

        Assert.Equal((0, 0), (a.Count(BackplaneEvent.GenerationChanged), b.Count(BackplaneEvent.GenerationChanged)));
    }

    [Fact]
    public async Task Node_OnARedisThatEvicts_WarnsInItsStatus()
    {
        await using var server = await RedisServer.StartAsync("maxmemory-policy", "allkeys-lru");
        await using var node = await RedisNode.StartAsync(server.Port, Prefix);

        await Wait.Eventually(() => node.Status.Warnings is [var warning] && warning.Contains("allkeys-lru", StringComparison.Ordinal) && warning.Contains("noeviction", StringComparison.Ordinal), "the node warns", () => string.Join('\n', node.Status.Warnings));
        Assert.True(node.Status.IsReady, node.Status.Problem);
    }

    [Fact]
    public async Task Node_OnARedisThatKeepsNothingAndHasAReplica_WarnsInItsStatus()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var replica = await RedisServer.StartReplicaOfAsync("127.0.0.1", primary.Port);
        await Wait.Eventually(() => replica.IsReplicaInSyncAsync(primary), "the replica follows");
        await using var node = await RedisNode.StartAsync(primary.Port, Prefix);

        await Wait.Eventually(() => node.Status.Warnings is [var warning] && warning.Contains("appendonly yes", StringComparison.Ordinal), "the node warns", () => string.Join('\n', node.Status.Warnings));
        Assert.True(node.Status.IsReady, node.Status.Problem);
    }

    [Fact]
    public async Task Node_OnARedisThatIsSetUpWell_WarnsOfNothing()
    {
        var clock = new FakeTimeProvider();
        var node = await StartNodeAsync(clock: clock);
        await node.PublishAsync("x", 1);
        Assert.Empty(node.Status.Warnings);
    }

    [Fact]
    public async Task Node_ThatCannotReachRedisWhenItStarts_SaysWhyAndBecomesReadyByItself()
    {
        var link = OpenLink();
        link.IsDown = true;
        var node = OpenNode(link);

        Assert.Equal((false, true), (node.Status.IsReady, node.Node.Status().IsStale));
        Assert.Contains("not reached", node.Status.Problem, StringComparison.Ordinal);
        Assert.Contains("ConnectionString", node.Status.Problem, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.BackplaneUnavailable, (await node.TryPublishAsync("x", 1)).Error?.Code);
        await Wait.Eventually(() => node.Status.Problem?.Contains("connect", StringComparison.Ordinal) == true, "the node says why", () => node.Status.Problem ?? "");

        link.IsDown = false;
        await node.ReadyAsync();
        Assert.Equal(0, (await node.PublishAsync("x", 1)).Offset);
        await Wait.Eventually(() => !node.Node.Status().IsStale, "the node is not stale");
    }

    [Fact]
    public async Task Deployments_WithDifferentPrefixes_DoNotSeeEachOther()
    {
        var a = await StartNodeAsync();
        var b = Own(await RedisNode.StartAsync(Server.Port, $"{Prefix}-other"));
        var first = await a.PublishAsync("x", 1, 2);
        var second = await b.PublishAsync("x", 7);
        await b.PublishAsync("y", 8);

        Assert.Equal((0, 0), (first.Offset, second.Offset));
        Assert.Equal(["x"], a.Node.List(new ListRequest()).Channels.Select(channel => channel.Id.Text));
        Assert.Equal([1, 2], await a.SnapshotAsync("x"));
        Assert.Equal([7], await b.SnapshotAsync("x"));
        await a.RemoveAsync("x");
        Assert.Equal(1, (await b.PublishAsync("x", 8)).Offset);
    }

    /// <summary>The names of the deployment's keys, behind its prefix.</summary>
    private async Task<string[]> KeysAsync()
    {
        var keys = (RedisKey[]?)await Server.ExecuteAsync("KEYS", $"{Prefix}:*") ?? [];
        return [.. keys.Select(key => key.ToString()[(Prefix.Length + 1)..])];
    }
}
