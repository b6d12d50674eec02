using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Backplane;

/// <summary>What every backplane promises; each inherits the same tests.</summary>
public abstract class BackplaneContractTests : IAsyncLifetime
{
    private IBackplane _backplane = null!;
    private Node _node = null!;

    protected HubServerOptions Options { get; } = new() { Partitions = 1 };

    private ChannelRegistry Registry => _node.Registry;

    public virtual async ValueTask InitializeAsync()
    {
        _backplane = CreateBackplane();
        _node = new Node(Options, _backplane, new HubServerMetrics(), TimeProvider.System, new WorkPool(), NullLogger<Node>.Instance);
        await Wait.Eventually(() => _backplane.Status.IsReady, "the backplane is ready", () => _backplane.Status.Problem ?? "");
    }

    public virtual async ValueTask DisposeAsync()
    {
        _node.Dispose();
        if (_backplane is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        GC.SuppressFinalize(this);
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

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Publish_OfASequenceAgainWithOtherRows_GetsTheFirstAnswerInWhole(int otherRows)
    {
        var first = await PublishOnceAsync(2);
        var again = await PublishOnceAsync(otherRows);
        Assert.Equal((0, 2, null), (first.Offset, first.Count, first.Error));
        Assert.Equal(first, again);
        Assert.Equal(2, Head().Next);
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
        Assert.True(_backplane.Remembers(new ChannelId("a"), first.Epoch));
        Assert.False(_backplane.Remembers(new ChannelId("a"), "an.earlier.one"));
    }

    [Fact]
    public async Task Remove_WithoutANextOffset_TakesTheChannelAwayWhateverCameIn()
    {
        var first = (await AppendAsync(Block("a", 2)))[0];
        Assert.False(await _backplane.RemoveAsync(new ChannelId("a"), "other", null, CancellationToken.None));
        Assert.True(await _backplane.RemoveAsync(new ChannelId("a"), first.Epoch, null, CancellationToken.None));
        Assert.Null(Registry.Find(new ChannelId("a")));
    }

    [Fact]
    public async Task Append_OfABlockWithoutRows_BringsSettingsAndFieldsInTheOrderOfTheRows()
    {
        var declared = (await AppendAsync(Settings(Schema.Empty, capacity: 2)))[0];
        Assert.Equal((AppendStatus.Appended, 0), (declared.Status, declared.Offset));
        var rows = (await AppendAsync(Block("a", 5, Fields)))[0];
        Assert.Equal((declared.Epoch, 0), (rows.Epoch, rows.Offset));
        Assert.Equal((3, 5), await KeptAsync());

        var again = (await AppendAsync(Settings(Fields, capacity: 4)))[0];
        Assert.Equal((declared.Epoch, 5), (again.Epoch, again.Offset));
        await AppendAsync(Block("a", 5, Fields));
        Assert.Equal((6, 10), await KeptAsync());
        Assert.Equal(AppendStatus.StaleSchema, (await AppendAsync(Settings(Schema.Empty, capacity: 1)))[0].Status);
        Assert.Equal(4, Head().Limits.Capacity);
    }

    [Fact]
    public void PartitionOf_IsTheSameInEveryProcess()
    {
        Options.Partitions = 16;
        var backplane = CreateBackplane();
        Assert.Equal([9, 15, 1], ((string[])["cpu", "cpu{host=\"a\"}", "plant/1/temp"]).Select(id => backplane.PartitionOf(ChannelId.Parse(id))));
    }

    private async Task<PublishResult> PublishOnceAsync(int rows)
    {
        var request = new PublishRequest { Batches = [new PublishBatch("a", Rows(rows))], PublisherId = "p", Sequence = 7 };
        return (await _node.Ingest.PublishAsync(request, CancellationToken.None))[0];
    }

    private async Task<(long Oldest, long Next)> KeptAsync()
    {
        var frame = await _node.SnapshotAsync(new ChannelId("a"), null, null, null);
        return (frame.Offset, frame.Offset + frame.Count);
    }

    private ChannelHead Head() => Registry.Find(new ChannelId("a"))!.ReadHead();

    private static Block Settings(Schema on, int capacity) => new()
    {
        Channel = new ChannelId("a"),
        BaseHash = on.Hash,
        Schema = Fields,
        Columns = [new Column(Array.Empty<double>()), new Column(Array.Empty<double>())],
        Count = 0,
        Bytes = 0,
        Settings = new ChannelSettings { Capacity = capacity },
    };

    private async Task<AppendResult[]> AppendAsync(params Block[] blocks) => await _backplane.AppendAsync(0, blocks, CancellationToken.None);
}
