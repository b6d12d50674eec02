using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>Redis comes back with old data while its nodes live.</summary>
public sealed class OldDataTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    [Fact]
    public async Task Field_ThatComesAgainWhileANodeIsAway_KeepsItFromNoRowBeforeThat()
    {
        var link = OpenLink();
        var a = await StartNodeAsync(link);
        var b = await StartNodeAsync(configure: options => options.Backplane.Redis.PublishTimeout = TimeSpan.FromSeconds(20));
        await b.PublishAsync("x", 1, 2);
        var chart = await OpenChartAsync(a, "x");
        await Server.ExecuteAsync("SAVE");
        await PublishWideAsync(b, 3);
        await Wait.Eventually(() => a.Has("x", 3), "both nodes have the field");
        link.IsDown = true;
        await Server.KillAsync();
        await Server.StartAgainAsync();

        // The channel has the field again by the time that the node looks, and its next row has not.
        Assert.Equal(2, (await b.PublishAsync("x", 4)).Offset);
        await PublishWideAsync(b, 5);
        link.IsDown = false;

        await Wait.Eventually(() => a.Has("x", 4) && a.Channel("x").Epoch == b.Channel("x").Epoch, "the node has the rows", () => a.Status.Problem ?? "");
        var copy = a.Channel("x").Copy()!;
        Assert.Equal([1, 2, 4, 5], copy.Columns[1].Numbers.ToArray());
        Assert.Equal([double.NaN, double.NaN, double.NaN, 5], copy.Columns[2].Numbers.ToArray());
        await Wait.Eventually(() => chart.Gaps.Length > 0, "the loss is announced");
        Assert.Equal((GapReason.Rollback, 2L, 2L), Assert.Single(chart.Gaps) is { } gap ? (gap.Reason, gap.From, gap.To) : default);
    }

    private static async Task PublishWideAsync(RedisNode node, double value)
    {
        var rows = new Rows([new RowField("v"), new RowField("w")], [new Column([value]), new Column([value])]);
        Assert.Null((await node.Node.Ingest.PublishAsync(ChannelId.Parse("x"), rows)).Error);
    }
}
