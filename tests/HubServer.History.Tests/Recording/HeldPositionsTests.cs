using HubServer.Protocol;

namespace HubServer.History.Tests.Recording;

public sealed class HeldPositionsTests
{
    private readonly HeldPositions _held = new();

    [Fact]
    public void Resume_WhenFramesCame_NamesTheLastRowHeld()
    {
        Assert.True(Apply(Frame(FrameKind.Snapshot, "e1", 10, 3)));
        Assert.True(Apply(Frame(FrameKind.Delta, "e1", 13, 2)));
        Assert.Equal([new Resume("c", "e1", 14, "A")], _held.Resume());
        Assert.Equal(5, _held.ShownOf("c"));

        Assert.True(Apply(Frame(FrameKind.Delta, "e2", 15, 0)));
        Assert.Equal(new Position("e2", 15), _held.PositionOf("c"));
    }

    [Fact]
    public void Resume_WhenAPastInPartsIsLost_NamesThePositionBeforeIt()
    {
        Assert.True(Apply(Frame(FrameKind.Snapshot, "e1", 0, 3, more: true)));
        Assert.Empty(_held.Resume());
        Assert.True(Apply(Frame(FrameKind.Snapshot, "e1", 0, 3, more: true)));
        Assert.True(Apply(Frame(FrameKind.Delta, "e1", 3, 3)));
        Assert.True(Apply(Frame(FrameKind.Delta, "e1", 6, 3, more: true)));
        Assert.Equal([new Resume("c", "e1", 5, "A")], _held.Resume());
    }

    [Theory]
    [InlineData(GapReason.Lapped, 3, 5L, 6)]
    [InlineData(GapReason.Rollback, 1, 2L, 1)]
    [InlineData(GapReason.Reset, 3, null, 0)]
    public void TryApply_WhenAGapIsAnnounced_GoesOnBehindIt(GapReason reason, long from, long? to, long offset)
    {
        Assert.True(Apply(Frame(FrameKind.Snapshot, "e1", 0, 3)));
        Assert.False(Apply(Frame(FrameKind.Delta, "e2", offset, 1)));
        Assert.True(Apply(Frame(FrameKind.Snapshot, "e1", 0, 3)));
        Assert.True(Apply(Frame(FrameKind.Delta, "e2", offset, 1, gap: new Gap("e1", from, to, reason))));
        Assert.Equal(new Position("e2", offset + 1), _held.PositionOf("c"));
    }

    [Fact]
    public void TryApply_WhenAFrameBreaksTheContract_AppliesNothingOfItsItem()
    {
        Assert.True(Apply(Frame(FrameKind.Snapshot, "e1", 0, 3), Frame(FrameKind.Snapshot, "e1", 0, 3, channel: "d")));
        Assert.False(Apply(Frame(FrameKind.Delta, "e1", 3, 1), Frame(FrameKind.Delta, "e1", 4, 1, channel: "d")));
        Assert.Equal([new Resume("c", "e1", 2, "A")], _held.Resume());
        Assert.False(Apply(Frame(FrameKind.Delta, "e1", 0, 1, channel: "d")));
    }

    [Fact]
    public void TryApply_WhenAChannelIsRemoved_ForgetsIt()
    {
        Assert.False(Apply(Frame(FrameKind.Removed, "e1", 3, 0)));
        Assert.True(Apply(Frame(FrameKind.Snapshot, "e1", 0, 3)));
        Assert.True(Apply(Frame(FrameKind.Removed, "e1", 3, 0)));
        Assert.Empty(_held.Resume());
    }

    private static Frame Frame(FrameKind kind, string epoch, long offset, int count, string channel = "c", Gap? gap = null, bool more = false) =>
        new() { RefId = "A", Channel = channel, Kind = kind, Epoch = epoch, Offset = offset, Count = count, Gap = gap, More = more };

    private bool Apply(params Frame[] frames) => _held.TryApply(new Item { Head = new ItemHead(ItemState.Streaming), Frames = frames });
}
