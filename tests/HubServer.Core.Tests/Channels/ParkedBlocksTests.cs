using CsCheck;
using HubServer.Protocol;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Channels;

public sealed class ParkedBlocksTests
{
    private readonly ParkedBlocks _parked = new();

    [Fact]
    public void TryTake_GivesBlocksInTheirOrderOnceTheirTurnHasCome() => Gen.Long[0, 30].Array[0, 60].Sample(offsets =>
    {
        var parked = new ParkedBlocks();
        foreach (var offset in offsets)
            Assert.True(parked.TryAdd(At(offset)));
        var taken = new List<long>();
        for (var next = 0L; next <= 30; next++)
        {
            while (parked.TryTake(next, out var block))
            {
                Assert.Equal(next, block.Offset);
                taken.Add(block.Offset);
            }
        }

        Assert.Equal(offsets.Distinct().Order(), taken);
        Assert.Equal(0, parked.Count);
    });

    [Fact]
    public void TryAdd_Of65Blocks_KeepsTheFirst64()
    {
        for (var offset = 1; offset <= 64; offset++)
            Assert.True(_parked.TryAdd(At(offset)));
        Assert.False(_parked.TryAdd(At(65)));
        Assert.True(_parked.TryAdd(At(64)));
        Assert.Equal(64, _parked.Count);
    }

    [Fact]
    public void TryTake_BeforeTheFirstBlock_GivesNone()
    {
        Assert.False(_parked.TryTake(0, out _));
        _parked.TryAdd(At(5));
        Assert.False(_parked.TryTake(4, out _));
        Assert.True(_parked.TryTake(9, out var block));
        Assert.Equal(5, block.Offset);
    }

    [Fact]
    public void TryAdd_OfRowsAtTheOffsetOfSettings_KeepsBoth()
    {
        var settings = new LoggedBlock(Block("a", 0, Fields).With(new ChannelSettings { Capacity = 7 }), "e1", 3);
        _parked.TryAdd(settings);
        _parked.TryAdd(At(3, 2));

        Assert.True(_parked.TryTake(3, out var block));
        Assert.Equal((2, 7), (block.Block.Count, block.Block.Settings?.Capacity));
        Assert.Equal(0, _parked.Count);
    }

    [Fact]
    public void TryAdd_OfSettingsAtTheOffsetOfRows_KeepsBoth()
    {
        _parked.TryAdd(At(3, 2));
        _parked.TryAdd(new LoggedBlock(Block("a", 0, Fields).With(new ChannelSettings { Capacity = 7 }), "e1", 3));

        Assert.True(_parked.TryTake(3, out var block));
        Assert.Equal((2, 7), (block.Block.Count, block.Block.Settings?.Capacity));
    }
}
