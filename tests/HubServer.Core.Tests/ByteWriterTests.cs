using System.Buffers;

namespace HubServer.Core.Tests;

public sealed class ByteWriterTests
{
    [Fact]
    public void Write_BeyondTheCapacity_KeepsWhatWasWritten()
    {
        var expected = Enumerable.Range(0, 1_000).Select(static i => (byte)i).ToArray();
        var writer = new ByteWriter(10);

        foreach (var some in expected.Chunk(37))
            writer.Write(some);

        Assert.Equal(expected, writer.Written.ToArray());
        Assert.Equal(expected, writer.ToMemory().ToArray());
    }

    [Fact]
    public void GetSpan_WhenFull_GivesRoomWithoutBeingAskedForMuch()
    {
        var writer = new ByteWriter(16);
        writer.Write(new byte[16]);

        Assert.NotEqual(0, writer.GetSpan().Length);
        Assert.True(writer.GetMemory(100).Length >= 100);
    }

    [Theory]
    [InlineData(1_000, 1_000)]
    [InlineData(1_000, 900)]
    public void ToMemory_WhenAboutFull_HandsTheArrayOn(int capacity, int written)
    {
        var writer = new ByteWriter(capacity);
        writer.Write(new byte[written]);

        Assert.True(writer.Written.Overlaps(writer.ToMemory().Span));
    }

    [Fact]
    public void ToMemory_WhenMostlyEmpty_KeepsNoMoreThanWasWritten()
    {
        var writer = new ByteWriter(1_000);
        writer.Write(new byte[100]);

        var memory = writer.ToMemory();

        Assert.Equal(100, memory.Length);
        Assert.False(writer.Written.Overlaps(memory.Span));
    }
}
