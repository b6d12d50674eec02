using System.Net;
using System.Text.Json;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>The limits of queries, of messages and of what waits.</summary>
public sealed class QueryLimitTests
{
    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenItHasTooManyTargets_IsRefused(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format);
        static object Request(int targets) => new
        {
            version = 1,
            targets = Enumerable.Range(0, targets).Select(i => new { refId = $"R{i}", channel = "alive" }).ToArray(),
        };

        await using (var query = await RunningQuery.StreamingAsync(alive.Connection, Request(100)))
            Assert.Equal(100, query.Channels().Count);
        var error = await RefusedAsync(alive.Connection, Request(101));
        Assert.Contains("limit_exceeded: targets has 101 entries; the limit is 100 (HubServer:Queries:MaxTargets)", error.Message, StringComparison.Ordinal);
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public async Task Query_WhenMaxDataPointsIsOutOfRange_IsRefused(int points, bool isTaken)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);
        var request = new { version = 1, targets = new[] { new { channel = "alive" } }, maxDataPoints = points };

        if (isTaken)
            await (await RunningQuery.StreamingAsync(alive.Connection, request)).DisposeAsync();
        else
            Assert.Contains($"{(points == 0 ? ErrorCode.BadRequest : ErrorCode.LimitExceeded)}: maxDataPoints is {points}; it is between 1 and 10000", (await RefusedAsync(alive.Connection, request)).Message, StringComparison.Ordinal);
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenItMatchesTooManyChannels_SaysSoAndServesTheRest(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format, ("Queries:MaxChannels", "3"));
        for (var i = 0; i < 3; i++)
            await alive.Server.PublishAsync($"c{i}", first: i);

        await using var atLimit = await RunningQuery.StreamingAsync(alive.Connection, "c*");
        Assert.Empty(atLimit.Errors);
        await alive.Server.PublishAsync("c3", first: 3);
        await alive.Server.PublishAsync("c2", first: 4);
        await atLimit.EventuallyAsync(() => atLimit.Errors.Count == 1, "one channel too many is announced");

        var error = Assert.Single(atLimit.Errors);
        Assert.Equal((ErrorCode.LimitExceeded, "A"), (error.Code, error.RefId));
        Assert.Equal(1, alive.Server.LimitsReached["Queries:MaxChannels"]);
        Assert.Contains("HubServer:Queries:MaxChannels", error.Message, StringComparison.Ordinal);
        Assert.Equal(["A c0", "A c1", "A c2"], atLimit.Channels());
        await alive.Server.PublishAsync("c2", first: 5);
        await atLimit.EventuallyAsync(() => atLimit.Held("c2").Next == 3, "the channels within the limit go on");
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenTheConnectionHasTooMany_IsRefusedUntilOneEnds(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format, ("Queries:MaxPerConnection", "3"));
        await using var second = await RunningQuery.StreamingAsync(alive.Connection, "alive");
        var third = await RunningQuery.StreamingAsync(alive.Connection, "alive");

        for (var i = 0; i < 5; i++)
        {
            var error = await RefusedAsync(alive.Connection, new { version = 1, targets = new[] { new { channel = "alive" } } });
            Assert.Contains("limit_exceeded: the connection has 3 running queries already; end one first (HubServer:Queries:MaxPerConnection)", error.Message, StringComparison.Ordinal);
        }

        await RefusedAsync(alive.Connection, new { version = 1, targets = new[] { new { channel = "alive{" } } });
        await third.DisposeAsync();
        await Wait.Eventually(() => alive.Server.Node.Status().Queries == 2, "the third query ends");
        await using var fourth = await RunningQuery.StreamingAsync(alive.Connection, "alive");
        await using var other = await RunningQuery.StreamingAsync(await alive.Server.ConnectAsync(Wire.Of(format)), "alive");
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Publish_WhenTheMessageIsNearlyAsLargeAsTheLimit_IsTaken(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format);

        await alive.Connection.InvokeAsync<PublishResult[]>("Publish", Padded((1 << 20) - 1_000));

        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Publish_WhenTheMessageIsTooLarge_ClosesThatConnectionOnly(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format);
        var other = await alive.Server.ConnectAsync(Wire.Of(format));

        await Assert.ThrowsAnyAsync<Exception>(() => other.InvokeAsync<PublishResult[]>("Publish", Padded((1 << 20) + 1_000)));

        await Wait.Eventually(() => other.State == HubConnectionState.Disconnected, "SignalR closes a connection that sends too much");
        await Wait.Eventually(() => alive.Server.LimitsReached["Transport:MaxHubMessageBytes"] == 1, "the message is counted");
        Assert.Equal(1, alive.Server.Node.Status().Connections);
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public async Task GetChannels_WhenTheLimitIsOutOfRange_IsRefused(int limit, bool isTaken)
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.Http.GetAsync(new Uri($"/api/channels?limit={limit}", UriKind.Relative));

        if (isTaken)
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        else
            await HttpBadInputTests.AssertProblemAsync(response, limit == 0 ? HttpStatusCode.BadRequest : HttpStatusCode.RequestEntityTooLarge, limit == 0 ? ErrorCode.BadRequest : ErrorCode.LimitExceeded, $"limit is {limit}; it is between 1 and 10000");
    }

    /// <summary>Every limit of a request: its option, a value for it, the part of a query that is at it, and one past it.</summary>
    public static TheoryData<string, string, string, string> Limits => new()
    {
        { "MaxTargets", "2", Targets(2), Targets(3) },
        { "MaxRefIdLength", "32", $"\"refId\":\"{new string('r', 32)}\",\"channel\":\"a\"", $"\"refId\":\"{new string('r', 33)}\",\"channel\":\"a\"" },
        { "MaxSelectorLength", "32", $"\"channel\":\"{new string('c', 32)}\"", $"\"channel\":\"{new string('c', 33)}\"" },
        { "MaxSelectorLength", "32", $"\"id\":\"{new string('c', 32)}\"", $"\"id\":\"{new string('c', 33)}\"" },
        { "MaxRegexesPerQuery", "2", """ "channel":"{a=~\"1.\",b!~\"2.\",c=~\"1.\"}" """, """ "channel":"{a=~\"1.\"}"},{"refId":"B","channel":"{a=~\"2.\",b=~\"3.\"}" """ },
        { "MaxSelectorTerms", "2", """ "channel":"{a=\"1\",b=\"2\"}" """, """ "channel":"{a=\"1\",b=\"2\",c=\"3\"}" """ },
        { "MaxRegexLength", "3", """ "channel":"{a=~\"123\"}" """, """ "channel":"{a=~\"1234\"}" """ },
        { "MaxFields", "2", """ "channel":"a","fields":["b","c"] """, """ "channel":"a","fields":["b","c","d"] """ },
        { "MaxDataPoints", "10", """ "channel":"a"}],"maxDataPoints":10,"x":[{ """, """ "channel":"a"}],"maxDataPoints":11,"x":[{ """ },
        { "MaxChannels", "2", $"\"channel\":\"**\"{Resume(2)}", $"\"channel\":\"**\"{Resume(3)}" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task Query_WhenALimitIsPassed_IsRefusedAndAtItIsServed(string option, string value, string at, string over)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json, ($"Queries:{option}", value));
        static object Request(string target) => JsonSerializer.Deserialize<JsonElement>($"{{\"version\":1,\"targets\":[{{{target}}}]}}");

        var error = await RefusedAsync(alive.Connection, Request(over));
        Assert.Contains("HubException: limit_exceeded: ", error.Message, StringComparison.Ordinal);
        Assert.Contains($"(HubServer:Queries:{option})", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, alive.Server.LimitsReached[$"Queries:{option}"]);
        await alive.AssertUnharmedAsync();

        await (await RunningQuery.StreamingAsync(alive.Connection, Request(at))).DisposeAsync();
    }

    [Fact]
    public async Task Query_WhenTheNodeHasTooManyExpressions_IsSentAwayUntilOneIsGone()
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json, ("Queries:MaxRegexes", "1"));
        static object Request(string selector) => new { version = 1, targets = new[] { new { channel = selector } } };
        var first = await RunningQuery.StreamingAsync(alive.Connection, Request("{a=~\"1.\",b=~\"1.\",c=~\"1|2\"}"));

        var error = await RefusedAsync(alive.Connection, Request("{b=~\"2.\"}"));
        Assert.Contains("HubException: overloaded: targets[0].channel: the node's queries have 1 different regular expressions already", error.Message, StringComparison.Ordinal);
        Assert.Contains("(HubServer:Queries:MaxRegexes)", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, alive.Server.LimitsReached["Queries:MaxRegexes"]);

        await first.DisposeAsync();
        await Wait.Eventually(() => alive.Server.Node.Status().Queries == 1, "the first query ends");
        await (await RunningQuery.StreamingAsync(alive.Connection, Request("{b=~\"2.\"}"))).DisposeAsync();
        await alive.AssertUnharmedAsync();
    }

    private static string Targets(int count) => string.Join("},{", Enumerable.Range(0, count).Select(i => $"\"refId\":\"R{i}\",\"channel\":\"a\""));

    private static string Resume(int count) => $"}}],\"resume\":[{string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"channel\":\"c{i}\",\"epoch\":\"e\",\"offset\":1}}"))}],\"x\":[{{";

    // Batches are empty, and the rest is a key that the server passes over.
    private static object Padded(int bytes) => new { batches = Array.Empty<int>(), unknown = new string('x', bytes) };

    private static async Task<HubException> RefusedAsync(HubConnection connection, object request) => await Assert.ThrowsAsync<HubException>(async () =>
    {
        await foreach (var _ in connection.StreamAsync<Item>("Query", request))
        {
        }
    });
}
