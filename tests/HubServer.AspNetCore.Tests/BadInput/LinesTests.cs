using System.Net;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>Lines are taken one by one: those before a wrong one are in, it and what follows is not.</summary>
public sealed class LinesTests
{
    [Theory]
    [InlineData("{\"value\":\"x\"}", "line 3: ")]
    [InlineData("{\"value\":", "line 3: ")]
    [InlineData("{\"value\":1}{}", "line 3: a line holds one object")]
    [InlineData("5", "line 3: expected an object, found a number")]
    [InlineData("{}", "line 3: a row has at least one field")]
    public async Task PostRows_WhenTheThirdLineIsWrong_TakesTheTwoBefore(string line, string text)
    {
        await using var server = await ServerFixture.StartAsync();
        var connection = await server.ConnectAsync(Wire.Json);
        await using var query = await RunningQuery.StreamingAsync(connection, "cpu");

        using var response = await server.PostAsync("/api/channels/cpu/rows", $"{{\"value\":1}}\n{{\"value\":2}}\r\n{line}\n{{\"value\":4}}\n", "application/x-ndjson");

        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, text);
        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, "(2 rows were taken)");
        await query.EventuallyAsync(() => query.Held("cpu").Next == 2, "the rows before the wrong line arrive");
        Assert.Equal([1.0, 2.0], query.Held("cpu").Numbers());
        Assert.Equal(2, server.Node.Status().RowsIn);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task PostPublish_WhenTheThirdLineNamesNoChannel_TakesTheTwoBefore()
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.PostAsync("/api/publish", "{\"channel\":\"a\",\"value\":1}\n\n{\"channel\":\"b\",\"value\":2}\n{\"value\":3}\n", "application/x-ndjson");

        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, "line 4: a line names its channel");
        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, "(2 rows were taken)");
        Assert.Equal(2, server.Node.Status().Channels);
    }

    [Fact]
    public async Task PostPublish_WhenAllLinesAreRight_AnswersEachChannel()
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.PostAsync("/api/publish", "{\"channel\":\"a\",\"value\":1}\n{\"value\":2,\"channel\":\"b\"}\n{\"channel\":\"a\",\"value\":3}", "application/x-ndjson");

        var results = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(await response.Content.ReadAsStringAsync());
        Assert.Equal(["a 0 2", "b 0 1"], results.EnumerateArray().Select(result => $"{result.GetProperty("channel")} {result.GetProperty("offset")} {result.GetProperty("count")}"));
    }

    [Fact]
    public async Task PostPublish_WhenAnIdIsWrittenInSeveralWays_KeepsTheOrderOfItsLines()
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.PostAsync("/api/publish", "{\"channel\":\"a\",\"v\":1}\n{\"channel\":\"a{}\",\"v\":2}\n{\"channel\":\"a\",\"v\":3}", "application/x-ndjson");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var frame = await server.Node.SnapshotAsync(new ChannelId("a"), null, null, null);
        Assert.Equal([1.0, 2.0, 3.0], frame.Data[1].Numbers.ToArray());
    }

    [Fact]
    public async Task PostRows_WhenARowHasAFieldCalledChannel_KeepsIt()
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.PostAsync("/api/channels/a/rows", "{\"channel\":\"x\",\"value\":1}", "application/x-ndjson");

        Assert.Equal(["time", "channel", "value"], (await server.Node.SnapshotAsync(new ChannelId("a"), null, null, null)).Schema?.Schema.Fields.Select(field => field.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \r\n")]
    public async Task PostRows_WhenThereIsNoLine_IsRefused(string body)
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.PostAsync("/api/channels/cpu/rows", body, "application/x-ndjson");

        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, "the body holds no line");
    }
}
