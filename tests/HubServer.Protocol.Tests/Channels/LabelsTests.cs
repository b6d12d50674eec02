using CsCheck;

namespace HubServer.Protocol.Tests;

public sealed class LabelsTests
{
    [Fact]
    public void From_WhenUnsorted_SortsByNameInOrdinalOrder()
    {
        var labels = Of(("b", "2"), ("a", "1"), ("B", "3"), ("_", "4"));

        Assert.Equal(["B", "_", "a", "b"], labels.Pairs.Select(pair => pair.Key));
        Assert.Equal("{B=\"3\",_=\"4\",a=\"1\",b=\"2\"}", labels.ToString());
    }

    [Fact]
    public void From_WhenAValueIsEmpty_LeavesTheLabelOut()
    {
        Assert.Equal(Of(("a", "1")), Of(("a", "1"), ("b", "")));
        Assert.Same(Labels.Empty, Of(("b", "")));
        Assert.Equal("", Labels.Empty.ToString());
    }

    [Fact]
    public void ToString_WhenAValueHoldsSpecialCharacters_EscapesThree()
    {
        Assert.Equal("{a=\"\\\\ \\\" \\n \t } ü\"}", Of(("a", "\\ \" \n \t } ü")).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("a b")]
    [InlineData("ü")]
    [InlineData("__name__")]
    public void From_WhenANameIsMalformed_NamesIt(string name)
    {
        var error = Assert.Throws<ProtocolException>(() => Of((name, "x")));

        Assert.Equal(ErrorCode.BadRequest, error.Code);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_WhenANameOccursTwice_NamesIt()
    {
        var error = Assert.Throws<ProtocolException>(() => Of(("host", "x"), ("core", "1"), ("host", "y")));

        Assert.Contains("'host' occurs twice", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ab▲", 2)]
    [InlineData("▼", 0)]
    [InlineData("😀▼", 2)]
    public void From_WhenAValueHoldsHalfASurrogatePair_NamesThePosition(string value, int at) =>
        ErrorAssert.NamesPosition(() => Of(("a", HalfPairs.In(value))), at);

    [Fact]
    public void Equals_WhenBuiltInAnyOrder_IsTrue() =>
        Gens.Labels.Sample(
            labels =>
            {
                var reversed = Labels.From(labels.Pairs.Reverse());

                Assert.Equal(labels, reversed);
                Assert.Equal(labels.GetHashCode(), reversed.GetHashCode());
                Assert.All(labels.Pairs, pair => Assert.Equal(pair.Value, reversed[pair.Key]));
            },
            iter: 1_000);

    private static Labels Of(params (string Name, string Value)[] pairs) =>
        Labels.From(pairs.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));
}
