using HubServer.Core;
using HubServer.Core.Tests;
using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.Redis.Tests.Partitions;

/// <summary>The order in which replies and messages bring blocks, without a Redis.</summary>
public sealed class PartitionDeliveryTests : IAsyncDisposable
{
    private const string Generation = "0a1b2c3d6ab312340c350";
    private const string Epoch = Generation + ".1";
    private static readonly ChannelId X = new("x");
    private static readonly TimeSpan MaxParked = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _time = new();
    private readonly HubServerMetrics _metrics = new();
    private readonly ChannelRegistry _registry;
    private readonly RedisConnection _connection;
    private readonly PartitionDelivery _delivery;
    private readonly Channel _x;

    public PartitionDeliveryTests()
    {
        _registry = new ChannelRegistry(new ChannelRules(new ChannelOptions()), _time, _metrics);
        _connection = new RedisConnection(new RedisOptions(), _time, NullLogger.Instance);
        var schemas = new SchemaCache(_connection, "hs:{p00}:");
        schemas.Add(TestBlocks.Fields);
        _delivery = new PartitionDelivery(_registry, schemas, _metrics, _time);
        _delivery.Adopt(new PartitionDirectory(Generation, 1, Lineage.None, []));
        _x = _registry.Create(X, Epoch, isFollowed: true);
        _x.Apply(TestBlocks.At(0, 1, Epoch));
        _registry.Add(_x);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    [Fact]
    public void Reply_ThatOvertakesAMessage_WaitsAndIsShownBehindIt()
    {
        Assert.False(Reply(sequence: 3, offset: 2));
        Assert.Equal((1L, true), (_x.ReadHead().Next, _x.HasParked));

        Assert.True(_delivery.TryDeliver(Message(sequence: 2, offset: 1)));

        Assert.Equal([0, 1, 2], Ring());
        Assert.False(_x.HasParked);
        Assert.True(_delivery.TryDeliver(Message(sequence: 3, offset: 2)));
        Assert.Equal([0, 1, 2], Ring());
        _time.Advance(MaxParked);
        Assert.False(_delivery.SuspectParked(MaxParked));
        Assert.Equal(0, _metrics.Backplane(BackplaneEvent.ParkedTooLong));
    }

    [Fact]
    public void Block_ThatWaitsFor50Milliseconds_MakesItsChannelASuspectOnce()
    {
        Reply(sequence: 3, offset: 2);
        _time.Advance(MaxParked - TimeSpan.FromMilliseconds(1));
        Assert.False(_delivery.SuspectParked(MaxParked));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_delivery.SuspectParked(MaxParked));
        Assert.Equal([X], _delivery.TakeSuspects());
        Assert.False(_delivery.SuspectParked(MaxParked));
        Assert.Equal(1, _metrics.Backplane(BackplaneEvent.ParkedTooLong));
    }

    [Fact]
    public void Reply_ThatComesAfterItsMessage_ChangesNothing()
    {
        Assert.True(_delivery.TryDeliver(Message(sequence: 2, offset: 1)));
        Assert.False(Reply(sequence: 2, offset: 1));
        Assert.Equal([0, 1], Ring());
    }

    [Theory]
    [InlineData(3, Generation, false, false)]
    [InlineData(2, "another", false, false)]
    [InlineData(2, Generation, true, false)]
    [InlineData(1, Generation, true, true)]
    [InlineData(0, Generation, false, true)]
    public void Message_BeforeWhichOthersAreMissing_IsNotTaken(long sequence, string generation, bool isTick, bool isTaken)
    {
        Assert.Equal(isTaken, _delivery.TryDeliver(new PartitionMessage(generation, sequence, isTick, [])));
        Assert.Equal([0], Ring());
    }

    [Fact]
    public void Block_OfAnotherEpoch_ChangesNoRingAndMakesItsChannelASuspect()
    {
        Assert.True(_delivery.TryDeliver(new PartitionMessage(Generation, 2, false, [Block(1) with { Epoch = Generation + ".2" }])));
        Assert.Equal([0], Ring());
        Assert.Equal([X], _delivery.TakeSuspects());
    }

    [Fact]
    public void Block_WhoseRowsAreDamaged_IsCountedAndMakesItsChannelASuspect()
    {
        var block = Block(1);
        var rows = block.Rows.ToArray();
        rows[^1] ^= 1;
        Assert.True(_delivery.TryDeliver(new PartitionMessage(Generation, 2, false, [block with { Rows = rows }])));
        Assert.Equal([0], Ring());
        Assert.Equal([X], _delivery.TakeSuspects());
        Assert.Equal(1, _metrics.Backplane(BackplaneEvent.Damaged));
    }

    [Fact]
    public void Removal_OfAnEarlierEpoch_LeavesTheChannelAndMakesItASuspect()
    {
        Assert.True(_delivery.TryDeliver(new PartitionMessage(Generation, 2, false, [new MessageBlock(MessageBlockKind.Remove, "x", "old.1")])));
        Assert.Equal([0], Ring());
        Assert.Equal([X], _delivery.TakeSuspects());
    }

    private bool Reply(long sequence, long offset)
    {
        var block = TestBlocks.Block("x", 1, TestBlocks.Fields, offset);
        var state = new ChannelState(Epoch, offset + 1, TestBlocks.Fields.Hash, Lineage.None, 1_000, null, null);
        return _delivery.Deliver(new PartitionReply(false, Generation, sequence, [new OperationResult(OperationStatus.Ok, state, Epoch, offset)]), [block]);
    }

    private static PartitionMessage Message(long sequence, long offset) => new(Generation, sequence, false, [Block(offset)]);

    private static MessageBlock Block(long offset) =>
        new(MessageBlockKind.Append, "x", Epoch, offset, 1, TestBlocks.Fields.Hash, Rows: BlockRows.Encode(TestBlocks.Block("x", 1, TestBlocks.Fields, offset).Columns));

    private List<double> Ring() => [.. _x.Copy()!.Columns[1].Numbers];
}
