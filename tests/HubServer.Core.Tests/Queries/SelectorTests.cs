using System.Diagnostics;
using System.Globalization;
using HubServer.Protocol;

namespace HubServer.Core.Tests;

public sealed class SelectorTests
{
    // Patterns that take a backtracking engine for ever on a value of many a's that does not end as hoped.
    public static TheoryData<string> ReDoS =>
    [
        "(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*a){20}b", "([a-zA-Z]+)*b", "(a*)*b", "a*a*a*a*a*a*a*a*a*a*b", "(?i)(a+)+b",
        ".*a.{200}b", string.Concat(Enumerable.Repeat("(a*)*", 150)) + "b", new string('(', 400) + "a" + new string(')', 400),
    ];

    [Theory]
    [InlineData("cpu", "cpu", true)]
    [InlineData("cpu", "cpu{host=\"a\"}", true)]
    [InlineData("cpu", "cpu2", false)]
    [InlineData("cpu", "CPU", false)]
    [InlineData("cpu{}", "cpu{host=\"a\"}", true)]
    [InlineData("cpu{host=\"a\"}", "cpu{core=\"0\",host=\"a\"}", true)]
    [InlineData("cpu{host=\"a\"}", "cpu{host=\"b\"}", false)]
    [InlineData("cpu{host=\"a\"}", "cpu", false)]
    [InlineData("cpu{host=\"\"}", "cpu", true)]
    [InlineData("cpu{host=\"\"}", "cpu{host=\"a\"}", false)]
    [InlineData("cpu{host!=\"a\"}", "cpu{host=\"b\"}", true)]
    [InlineData("cpu{host!=\"a\"}", "cpu", true)]
    [InlineData("cpu{host!=\"\"}", "cpu", false)]
    [InlineData("cpu{host!=\"\"}", "cpu{host=\"a\"}", true)]
    [InlineData("cpu{host!=\"a\"}", "cpu{host=\"a\"}", false)]
    [InlineData("cpu{core=~\"[0-3]\"}", "cpu{core=\"2\"}", true)]
    [InlineData("cpu{core=~\"[0-3]\"}", "cpu{core=\"12\"}", false)]
    [InlineData("cpu{core=~\"1|2\"}", "cpu{core=\"12\"}", false)]
    [InlineData("cpu{host=~\".*\"}", "cpu", true)]
    [InlineData("cpu{host=~\".+\"}", "cpu", false)]
    [InlineData("cpu{host=~\"\"}", "cpu", true)]
    [InlineData("cpu{host!~\"a.*\"}", "cpu{host=\"abc\"}", false)]
    [InlineData("cpu{host!~\"a.*\"}", "cpu{host=\"bc\"}", true)]
    [InlineData("cpu{host!~\".+\"}", "cpu", true)]
    [InlineData("cpu{host=~\"a.b\"}", "cpu{host=\"a\\nb\"}", true)]
    [InlineData("cpu{host=~\"a\"}", "cpu{host=\"a\\n\"}", false)]
    [InlineData("cpu{host=~\"(?i)straße\"}", "cpu{host=\"STRAßE\"}", true)]
    [InlineData("cpu{host=~\"a\",host!~\"b\"}", "cpu{host=\"a\"}", true)]
    [InlineData("cpu{host=\"a\",core=\"1\"}", "cpu{host=\"a\",core=\"2\"}", false)]
    [InlineData("{host=\"a\"}", "memory{host=\"a\"}", true)]
    [InlineData("{}", "anything{host=\"a\"}", true)]
    [InlineData("{__name__=~\"cpu|mem\"}", "mem{host=\"a\"}", true)]
    [InlineData("{__name__=~\"cpu|mem\"}", "memory", false)]
    [InlineData("{__name__!=\"cpu\"}", "cpu", false)]
    [InlineData("**{__name__!~\"plant/.*\"}", "plant/1", false)]
    public void Matches_HasPrometheusSemantics(string selector, string id, bool expected) =>
        Assert.Equal(expected, Selector.Parse(selector).Matches(ChannelId.Parse(id)));

    [Theory]
    [InlineData("cpu", "cpu")]
    [InlineData("cpu{}", "cpu")]
    [InlineData("{}", "{}")]
    [InlineData("plant/***", "plant/**")]
    [InlineData("cpu{ host = \"a\" , core=~\"[0-3]\", }", "cpu{core=~\"[0-3]\",host=\"a\"}")]
    [InlineData("cpu{b!~\"x\",b=\"y\",a=\"\",b=\"y\"}", "cpu{a=\"\",b=\"y\",b!~\"x\"}")]
    [InlineData("cpu{a=\"q\\\"b\\\\n\\n\"}", "cpu{a=\"q\\\"b\\\\n\\n\"}")]
    public void Text_IsCanonicalAndParsesToItself(string written, string canonical)
    {
        Assert.Equal(canonical, Selector.Parse(written).Text);
        Assert.Equal(canonical, Selector.Parse(canonical).ToString());
    }

    [Theory]
    [InlineData("cpu", "cpu{} only")]
    [InlineData("cpu{host=\"a\"}", "cpu{host=\"a\"} only")]
    public void Exactly_LeavesNoLabelFreeAndHasATextThatNoSelectorHas(string text, string expected)
    {
        var id = ChannelId.Parse(text);
        var selector = Selector.Exactly(id);

        Assert.True(selector.Matches(ChannelId.Parse(text)));
        Assert.False(selector.Matches(new ChannelId(id.Name, Labels.From([.. id.Labels.Pairs, new("zone", "z")]))));
        Assert.True(Selector.Parse(text).Matches(new ChannelId(id.Name, Labels.From([.. id.Labels.Pairs, new("zone", "z")]))));
        Assert.Equal(expected, selector.Text);
        Assert.Throws<ProtocolException>(() => Selector.Parse(selector.Text));
    }

    [Theory]
    [MemberData(nameof(ReDoS))]
    public void Matches_WithAHostileExpression_IsFast(string regex)
    {
        var id = new ChannelId("cpu", Labels.From([new("host", new string('a', 500) + "!")]));
        var started = Stopwatch.GetTimestamp();

        var matches = Selector.Parse($"{{host=~\"{regex}\"}}").Matches(id);

        Assert.False(matches);
        Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds < 2, "it runs in linear time");
    }

    [Fact]
    public void Parse_WithAnEmptyText_SaysWhatToWrite() =>
        AssertError("", "bad_request: the selector is empty; write a name or terms, for example cpu{host=\"a\"}, or ** for every channel");

    [Fact]
    public void Parse_WithWrongSyntax_NamesTheCharacter() =>
        AssertError("cpu{host}", "bad_request: 'cpu{host}', at character 8: expected '=', '!=', '=~' or '!~'");

    [Theory]
    [InlineData("cpu{a=\"1\",host=~\"a(\"}", 10, "the regular expression is invalid: Invalid pattern 'a(' at offset 2.")]
    [InlineData("cpu{host=~\"a)|(?:b\"}", 4, "the regular expression is invalid: Invalid pattern 'a)|(?:b' at offset 2.")]
    [InlineData("cpu{host!~\"[z-a]\"}", 4, "the regular expression is invalid: Invalid pattern '[z-a]' at offset 4.")]
    [InlineData("cpu{host=~\"(a)\\\\1\"}", 4, "the regular expression cannot run in linear time; write a simpler one: ")]
    [InlineData("cpu{host=~\"a(?=b)\"}", 4, "the regular expression cannot run in linear time; write a simpler one: ")]
    [InlineData("cpu{host=~\"(?<!b)a\"}", 4, "the regular expression cannot run in linear time; write a simpler one: ")]
    [InlineData("cpu{host=~\"(?>a*)b\"}", 4, "the regular expression cannot run in linear time; write a simpler one: ")]
    [InlineData("cpu{host=~\"((a{1,100}){1,100}){1,100}\"}", 4, "the regular expression cannot run in linear time; write a simpler one: ")]
    public void Parse_WithAnExpressionThatCannotBeUsed_NamesTheTermAndWhy(string text, int at, string why)
    {
        var error = Assert.Throws<ProtocolException>(() => Selector.Parse(text));

        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"bad_request: '{text}', at character {at}: {why}"), error.WireMessage, StringComparison.Ordinal);
        Assert.True(error.WireMessage.Length > $"bad_request: '{text}', at character {at}: {why}".Length, "the engine's reason follows");
    }

    [Fact]
    public void Parse_WithMoreThanTheLimits_NamesTheLimit()
    {
        var regex = $"cpu{{host=~\"{new string('a', 1_001)}\"}}";
        AssertError(regex, $"limit_exceeded: '{regex}', at character 4: the regular expression has 1001 characters; the limit is 1000 (HubServer:Queries:MaxRegexLength)");
        var terms = string.Join(',', Enumerable.Range(0, 65).Select(i => $"l{i}=\"x\""));
        AssertError($"{{{terms}}}", "limit_exceeded: the selector has 65 terms; the limit is 64 (HubServer:Queries:MaxSelectorTerms)");
    }

    [Fact]
    public void Parse_AtTheLimits_IsAccepted()
    {
        Assert.NotNull(Selector.Parse($"cpu{{host=~\"{new string('a', 1_000)}\"}}", new QueryOptions(), new RegexLease(new RegexPool(64), limit: 64)));
        Assert.NotNull(Selector.Parse($"{{{string.Join(',', Enumerable.Range(0, 64).Select(i => $"l{i}=\"x\""))}}}", new QueryOptions(), new RegexLease(new RegexPool(64), limit: 64)));
    }

    private static void AssertError(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ProtocolException>(() => Selector.Parse(text, new QueryOptions(), new RegexLease(new RegexPool(64), limit: 64))).WireMessage);
}
