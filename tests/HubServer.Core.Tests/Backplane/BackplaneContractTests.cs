using HubServer.Protocol;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Backplane;

/// <summary>What every backplane promises; each inherits the same tests.</summary>
public abstract class BackplaneContractTests
{
    protected HubServerOptions Options { get; } = new() { Partitions = 1 };

    protected ChannelRegistry Registry { get; }

    private readonly IBackplane _backplane;

    protected BackplaneContractTests()
    {
        Registry = new ChannelRegistry(new ChannelRules(Options.Channels), TimeProvider.System, new HubServerMetrics());
        _backplane = CreateBackplane();
        _backplane.Start(Registry);
    }

    protected abstract IBackplane CreateBackplane();

    [Fact]
    public async Task Append_GivesEachBlockItsPositionAndDeliversIt()
    {
        var first = await AppendAsync(Block("a", 3), Block("b", 1));
        var second = await AppendAsync(Block("a", 2, Fields), Block("b", 1, Fields));
        Assert.Equal([0, 0], first.Select(result => result.Offset));
        Assert.Equal([3, 1], second.Select(result => result.Offset));
        Assert.Equal(first.Select(result => result.Epoch), second.Select(result => result.Epoch));
        Assert.NotEqual(first[0].Epoch, first[1].Epoch);
        Assert.Equal(5, Registry.Find(new ChannelId("a"))?.ReadHead().Next);
        Assert.Equal(2, Registry.Find(new ChannelId("b"))?.ReadHead().Next);
    }

    [Fact]
    public async Task Append_AgainstAStaleSchema_WritesNothingAndSaysTheCurrentOne()
    {
        var missing = (await AppendAsync(Block("a", 1, Fields)))[0];
        Assert.Equal((AppendStatus.StaleSchema, ""), (missing.Status, missing.Schema?.Hash));

        await AppendAsync(Block("a"));
        var stale = (await AppendAsync(Block("a")))[0];
        Assert.Equal((AppendStatus.StaleSchema, Fields.Hash), (stale.Status, stale.Schema?.Hash));
        Assert.Equal(1, Registry.Find(new ChannelId("a"))?.ReadHead().Next);
    }

    [Fact]
    public async Task Append_OfASequenceAgain_GivesTheFirstAnswer()
    {
        var first = (await AppendAsync(Block("a", 2, publisherId: "p", sequence: 7)))[0];
        await AppendAsync(Block("a", 1, Fields));
        var again = (await AppendAsync(Block("a", 2, publisherId: "p", sequence: 7)))[0];
        Assert.Equal(first, again);
        Assert.Equal(3, Registry.Find(new ChannelId("a"))?.ReadHead().Next);

        var earlier = (await AppendAsync(Block("a", 2, Fields, publisherId: "p", sequence: 6)))[0];
        Assert.Equal((AppendStatus.Refused, ErrorCode.BadRequest), (earlier.Status, earlier.Error?.Code));
        var other = (await AppendAsync(Block("a", 1, Fields, publisherId: "q", sequence: 7)))[0];
        Assert.Equal((AppendStatus.Appended, 3), (other.Status, other.Offset));
    }

    [Fact]
    public async Task Remove_UnlessRowsCameAfter_TakesTheChannelAway()
    {
        var first = (await AppendAsync(Block("a", 2)))[0];
        Assert.False(await _backplane.RemoveAsync(new ChannelId("a"), first.Epoch, 1, CancellationToken.None));
        Assert.False(await _backplane.RemoveAsync(new ChannelId("a"), "other", 2, CancellationToken.None));
        Assert.True(await _backplane.RemoveAsync(new ChannelId("a"), first.Epoch, 2, CancellationToken.None));
        Assert.Null(Registry.Find(new ChannelId("a")));

        var second = (await AppendAsync(Block("a")))[0];
        Assert.Equal(0, second.Offset);
        Assert.NotEqual(first.Epoch, second.Epoch);
        Assert.True(_backplane.Remembers(first.Epoch));
        Assert.False(_backplane.Remembers("an.earlier.one"));
    }

    [Fact]
    public void PartitionOf_IsTheSameInEveryProcess()
    {
        Options.Partitions = 16;
        var backplane = CreateBackplane();
        Assert.Equal([9, 15, 1], ((string[])["cpu", "cpu{host=\"a\"}", "plant/1/temp"]).Select(id => backplane.PartitionOf(ChannelId.Parse(id))));
    }

    private async Task<AppendResult[]> AppendAsync(params Block[] blocks) => await _backplane.AppendAsync(0, blocks, CancellationToken.None);
}
