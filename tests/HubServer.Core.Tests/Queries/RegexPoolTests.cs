using HubServer.Protocol;

namespace HubServer.Core.Tests.Queries;

/// <summary>The regular expressions of running queries: shared, counted, given back.</summary>
public sealed class RegexPoolTests() : NodeTests(new HubServerOptions { Node = "n", Queries = { MaxRegexes = 2 } })
{
    [Fact]
    public async Task Query_HoldsItsExpressionsUntilItsEnd()
    {
        var first = Open("{host=~\"a.*\"}", intervalMs: 0);
        var same = Open("{zone=~\"a.*\"}", intervalMs: 0);
        var second = Open("{host=~\"b.*\",zone!~\"b.*\"}", intervalMs: 0);
        Assert.Equal(2, Node.Regexes);

        Assert.Equal("Queries:MaxRegexes", Refused("{host=~\"c.*\"}").Limit);
        await first.DisposeAsync();
        Assert.Equal(2, Node.Regexes);
        Refused("{host=~\"c.*\"}");
        await same.DisposeAsync();
        Assert.Equal(1, Node.Regexes);

        var third = Open("{host=~\"c.*\"}", intervalMs: 0);
        Refused("{host=~\"d.*\"}");
        await second.DisposeAsync();
        await third.DisposeAsync();
        Assert.Equal(0, Node.Regexes);
    }

    [Theory]
    [InlineData("{a=~\"x.*\",b=~\"(\"}")]
    [InlineData("{a=~\"x.*\",b=~\"(?=y)\"}")]
    [InlineData("{a=~\"x.*\",b=~\"y.*\",c=~\"z.*\"}")]
    public void Query_ThatIsRefused_HoldsNone(string selector)
    {
        Refused(selector);

        Assert.Equal(0, Node.Regexes);
        Open("{a=~\"1.*\",b=~\"2.*\"}", intervalMs: 0);
    }

    [Fact]
    public void List_HoldsItsExpressionsForItself()
    {
        Publish("cpu");

        Assert.Single(Node.List(new ListRequest { Selector = "{__name__=~\"c.+\"}" }).Channels);

        Assert.Equal(0, Node.Regexes);
    }

    [Fact]
    public void ListOfValues_IsNoExpression()
    {
        Open("{a=~\"1|2\",b!~\"x|y\",c=~\"\",d=~\"z\"}", intervalMs: 0);

        Assert.Equal(0, Node.Regexes);
    }

    [Theory]
    [InlineData("a|b|")]
    [InlineData("|")]
    [InlineData("a b#c|ä|/-,:")]
    [InlineData("a\nb|a")]
    public void ListOfValues_MatchesWhatItsExpressionDoes(string list)
    {
        var asValues = new LabelMatcher(new LabelTerm("x", LabelOperator.Match, list, 0), "", int.MaxValue, regexes: null);
        var asExpression = LabelMatcher.Compile(list);

        foreach (var value in list.Split('|').SelectMany(static value => new[] { value, value + "a", value.ToUpperInvariant(), value + "|" }).Append(""))
        {
            var id = new ChannelId("c", value.Length == 0 ? Labels.Empty : Labels.From([new("x", value)]));
            Assert.Equal(asExpression.IsMatch(value), asValues.Matches(id));
        }
    }

    [Fact]
    public async Task InTurn_RunsOneAfterTheOther_AndLetsGoOfWhoLeaves()
    {
        using var pool = new RegexPool(limit: 1);
        using var left = new CancellationTokenSource();
        var began = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var first = Task.Run(() => pool.InTurnAsync(() => Hold(began, mayEnd.Task), CancellationToken.None).AsTask());
        await began.Task;
        var leaving = pool.InTurnAsync(() => 2, left.Token).AsTask();
        var third = pool.InTurnAsync(() => 3, CancellationToken.None).AsTask();

        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.False(third.IsCompleted);
        mayEnd.SetResult();

        Assert.Equal(1, await first);
        Assert.Equal(3, await third);
    }

    private static int Hold(TaskCompletionSource began, Task mayEnd)
    {
        began.SetResult();
        mayEnd.GetAwaiter().GetResult();
        return 1;
    }

    private ProtocolException Refused(string selector) => Assert.Throws<ProtocolException>(() => Open(selector, intervalMs: 0));
}
