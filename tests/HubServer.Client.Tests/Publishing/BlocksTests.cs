using HubServer.Client.Tests.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Publishing;

public sealed class BlocksTests
{
    [Theory]
    [InlineData(0, new int[0])]
    [InlineData(1, new[] { 1 })]
    [InlineData(1_000, new[] { 1_000 })]
    [InlineData(1_001, new[] { 1_000, 1 })]
    [InlineData(2_500, new[] { 1_000, 1_000, 500 })]
    public void Lengths_OfManyRows_AreOfAThousandAtMost(int count, int[] lengths) => Assert.Equal(lengths, Blocks.Lengths(Clients.Rows(0, count)));

    [Fact]
    public void Lengths_OfLongTexts_StayWithinTheBytesOfABlock()
    {
        var texts = Enumerable.Repeat<string?>(new string('x', 30_000), 10).ToArray();
        var rows = new Rows([new RowField("note")], [new Column(texts)]);

        Assert.Equal([4, 4, 2], Blocks.Lengths(rows));
    }

    [Fact]
    public void Lengths_OfARowThatIsTooLong_LeaveItToTheServer() =>
        Assert.Equal([1, 1], Blocks.Lengths(new Rows([new RowField("note")], [new Column(["x", new string('x', 200_000)])])));

    [Fact]
    public void Slice_OfSomeRows_HasTheirValues()
    {
        var slice = Blocks.Slice(Clients.Rows(0, 10), 3, 2);

        Assert.Equal((2, 2), (slice.Count, slice.Fields.Count));
        Assert.Equal([3.0, 4.0], slice.Columns[1].Numbers.ToArray());
    }
}
