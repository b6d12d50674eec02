using HubServer.Core;
using HubServer.Core.Tests;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>A Redis that answers and may not write.</summary>
public sealed class RefusedWritesTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    public override async ValueTask DisposeAsync()
    {
        await AllowAsync();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("maxmemory", "1mb")]
    [InlineData("min-replicas-to-write", "1")]
    public async Task Publish_WhereRedisMayNotWrite_IsRefusedAndWritesNothing(string setting, string value)
    {
        var a = await StartNodeAsync();
        await a.PublishAsync("x", 1);
        var chart = await OpenChartAsync(a, "x");
        await FillAsync();
        await Server.ConfigAsync(setting, value);

        foreach (var channel in new[] { "x", "y" })
        {
            var refused = await a.TryPublishAsync(channel, 2);
            Assert.Equal((ErrorCode.Overloaded, 0), (refused.Error?.Code, refused.Count));
            Assert.Contains("nothing was written", refused.Error?.Message, StringComparison.Ordinal);
        }

        var failure = await Assert.ThrowsAsync<ProtocolException>(() => a.Node.ConfigureAsync(new ChannelId("x"), new ChannelSettings { Capacity = 5 }).AsTask());
        Assert.Equal(ErrorCode.Overloaded, failure.Code);
        Assert.Equal(1, await Redis.StreamLengthAsync(Key("c:x")));
        Assert.False(await Redis.KeyExistsAsync(Key("c:y")));
        Assert.Null(a.Info("y"));
        Assert.Equal((true, false), (a.Status.IsReady, chart.IsStale));

        await AllowAsync();
        Assert.Equal(1, (await a.PublishAsync("x", 2)).Offset);
        await chart.ShowsAsync("x", 1, 2);
    }

    [Theory]
    [InlineData("maxmemory", "1mb")]
    [InlineData("min-replicas-to-write", "1")]
    public async Task Node_WhoseChecksMayNotWrite_IsStaleUntilTheyMay(string setting, string value)
    {
        var a = await StartNodeAsync(configure: static options => options.Backplane.Redis.StaleAfter = TimeSpan.FromMilliseconds(500));
        await a.PublishAsync("x", 1);
        var chart = await OpenChartAsync(a, "x");
        await FillAsync();
        await Server.ConfigAsync(setting, value);

        // A generation begins with a write.
        await Server.ChangeHistoryAsync();

        await Wait.Eventually(() => chart.IsStale, "the query is told");
        Assert.False(a.Status.IsReady);
        await Wait.Eventually(() => a.Status.Problem?.Contains("takes no writes", StringComparison.Ordinal) == true, "the node says why", () => a.Status.Problem ?? "");
        Assert.Equal([1], chart.Values("x"));
        await AllowAsync();
        await a.ReadyAsync();
        await Wait.Eventually(() => !chart.IsStale, "the query is told that it is over");
        Assert.Equal(1, (await a.PublishAsync("x", 2)).Offset);
        await chart.ShowsAsync("x", 1, 2);
        Assert.Empty(chart.Gaps);
    }

    [Theory]
    [InlineData("maxmemory", "1mb")]
    [InlineData("min-replicas-to-write", "1")]
    public async Task Node_ThatStartsWhereRedisMayNotWrite_ReadsWhatIsThere(string setting, string value)
    {
        var a = await StartNodeAsync();
        await a.PublishAsync("x", 1, 2);
        await FillAsync();
        await Server.ConfigAsync(setting, value);

        var b = await StartNodeAsync();
        Assert.Equal([1, 2], await b.SnapshotAsync("x"));
    }

    [Fact]
    public async Task Remove_WhereRedisIsFull_FreesWhatTheChannelTook()
    {
        var a = await StartNodeAsync();
        await a.PublishAsync("x", 1);
        await FillAsync();
        await Server.ConfigAsync("maxmemory", "1mb");

        await a.RemoveAsync("x");

        Assert.Null(a.Info("x"));
        Assert.False(await Redis.KeyExistsAsync(Key("c:x")));
        Assert.False(await Redis.HashExistsAsync(Key("d"), "x"));
    }

    [Fact]
    public async Task Remove_WhereRedisLacksReplicas_IsRefusedAndSaysThatNothingWasDone()
    {
        var a = await StartNodeAsync();
        await a.PublishAsync("x", 1);
        await Server.ConfigAsync("min-replicas-to-write", "1");

        var failure = await Assert.ThrowsAsync<ProtocolException>(() => a.RemoveAsync("x"));

        Assert.Equal(ErrorCode.Overloaded, failure.Code);
        Assert.Contains("was not removed", failure.Message, StringComparison.Ordinal);
        await AllowAsync();
        Assert.Equal(1, (await a.PublishAsync("x", 2)).Offset);
    }

    [Fact]
    public async Task Publish_OfSeveralChannels_OfWhichOneCannotBeGivenBack_SaysWhatWasTaken()
    {
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        await a.PublishAsync("taken", 1);
        await a.PublishAsync("lost", 1);
        var fields = a.Channel("taken").ReadHead().Schema;
        await FlushAsync();
        var back = a.PublishAsync("taken", 2);
        await a.UntilAsync(() => back.IsCompleted, "one of them is there again");

        // The node asks whether another one has the lost channel's rows, and waits for that.
        var asked = await AskedForAsync("lost");
        var appending = a.Backplane.AppendAsync(0, [TestBlocks.Block("taken", 1, fields), TestBlocks.Block("lost", 1, fields)], CancellationToken.None).AsTask();
        await asked;
        await Server.ConfigAsync("min-replicas-to-write", "1");
        await a.UntilAsync(() => appending.IsCompleted, "the call is answered");

        var results = await appending;
        Assert.Equal((AppendStatus.Appended, 2L), (results[0].Status, results[0].Offset));
        Assert.Equal((AppendStatus.Refused, ErrorCode.Overloaded), (results[1].Status, results[1].Error?.Code));
        Assert.Equal(2, await Redis.StreamLengthAsync(Key("c:taken")));
        Assert.Equal(0, await Redis.StreamLengthAsync(Key("c:lost")));
    }

    /// <summary>More than the memory that is allowed.</summary>
    private async Task FillAsync() => await Redis.StringSetAsync("ballast", new byte[4 << 20]);

    private async Task AllowAsync()
    {
        await Server.ConfigAsync("maxmemory", "0");
        await Server.ConfigAsync("min-replicas-to-write", "0");
    }
}
