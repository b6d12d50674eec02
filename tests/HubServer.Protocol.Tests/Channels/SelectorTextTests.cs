using System.Text;
using CsCheck;

namespace HubServer.Protocol.Tests;

public sealed class SelectorTextTests
{
    [Fact]
    public void Parse_WhenEveryOperatorIsUsed_KeepsTermsInOrderWithPositions()
    {
        var selector = SelectorText.Parse("plant/*/temp{a=\"1\", b != \"2\",c=~\"[0-3]\",c!~\"\\\\d\\n\\\"\"}");

        Assert.Equal("plant/*/temp", selector.Name);
        Assert.Equal(
            [
                new LabelTerm("a", LabelOperator.Equal, "1", 13),
                new LabelTerm("b", LabelOperator.NotEqual, "2", 20),
                new LabelTerm("c", LabelOperator.Match, "[0-3]", 29),
                new LabelTerm("c", LabelOperator.NotMatch, "\\d\n\"", 40),
            ],
            selector.Terms);
    }

    [Fact]
    public void Parse_WhenThereIsNoName_LeavesItEmpty()
    {
        var selector = SelectorText.Parse("{__name__=~\"cpu|mem\"}");

        Assert.Equal("", selector.Name);
        Assert.Equal(SelectorText.NameLabel, selector.Terms[0].Name);
    }

    [Theory]
    [InlineData("a}", 1)]
    [InlineData("a\tb", 1)]
    [InlineData("ab\0", 2)]
    [InlineData("ab\u007f", 2)]
    [InlineData(" a", 0)]
    [InlineData("ab ", 2)]
    [InlineData("ab {a=\"b\"}", 2)]
    [InlineData("\u00a0a", 0)]
    [InlineData("a▲", 1)]
    [InlineData("a▼", 1)]
    [InlineData("a▲{b=\"c\"}", 1)]
    [InlineData("a{", 2)]
    [InlineData("a{  ", 4)]
    [InlineData("a{,}", 2)]
    [InlineData("a{b", 3)]
    [InlineData("a{b}", 3)]
    [InlineData("a{1=\"2\"}", 3)]
    [InlineData("a{ü=\"2\"}", 2)]
    [InlineData("a{b\"c\"}", 3)]
    [InlineData("a{b!\"c\"}", 3)]
    [InlineData("a{b~=\"c\"}", 3)]
    [InlineData("a{b==\"c\"}", 4)]
    [InlineData("a{b=", 4)]
    [InlineData("a{b=c}", 4)]
    [InlineData("a{b='c'}", 4)]
    [InlineData("a{b=\"c", 6)]
    [InlineData("a{b=\"c\\", 7)]
    [InlineData("a{b=\"c\\t\"}", 7)]
    [InlineData("a{b=\"▲\"}", 5)]
    [InlineData("a{b=\"x▼\"}", 6)]
    [InlineData("a{b=\"c\"", 7)]
    [InlineData("a{b=\"c\" d=\"e\"}", 8)]
    [InlineData("a{b=\"c\"}}", 8)]
    [InlineData("a{b=\"c\"} ", 8)]
    [InlineData("a{}b", 3)]
    public void Parse_WhenTheSyntaxIsWrong_NamesThePosition(string text, int at) =>
        ErrorAssert.NamesPosition(() => SelectorText.Parse(HalfPairs.In(text)), at);

    [Fact]
    public void Parse_WhenTermsAreWrittenOut_FindsThemAgain() =>
        Gen.Select(Gens.GlobName, Gen.Select(Gens.LabelName, Gen.Enum<LabelOperator>(), Gens.Text).Array[0, 5]).Sample(
            (name, terms) =>
            {
                var selector = SelectorText.Parse(Write(name, terms));

                Assert.Equal(name, selector.Name);
                Assert.Equal(terms, selector.Terms.Select(term => (term.Name, term.Operator, term.Value)));
            },
            iter: 2_000);

    private static string Write(string name, (string Name, LabelOperator Operator, string Value)[] terms)
    {
        var text = new StringBuilder(name).Append('{');
        foreach (var (label, comparison, value) in terms)
        {
            text.Append(label)
                .Append(comparison switch { LabelOperator.Equal => "=", LabelOperator.NotEqual => "!=", LabelOperator.Match => "=~", _ => "!~" })
                .Append('"').Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append("\", ");
        }

        return text.Append('}').ToString();
    }
}
