using System.Net;
using System.Text.Json;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>Every limit of a publish: what is at it passes, one more is refused, over the hub and over HTTP.</summary>
public sealed class LimitTests
{
    private const string NotReached = "1000000";

    /// <summary>The limit's option, a value to set it to ("" for the default), the limit in force, and what is limited.</summary>
    public static TheoryData<string, string, int, string> Limits => new()
    {
        { "Channels:MaxIdLength", "", 512, "id" },
        { "Channels:MaxIdLength", "20", 20, "id" },
        { "Channels:MaxLabels", "", 16, "labels" },
        { "Channels:MaxLabels", "2", 2, "labels" },
        { "Channels:MaxFields", "", 256, "fields" },
        { "Channels:MaxFields", "3", 3, "fields" },
        { "Channels:MaxFieldNameLength", "", 512, "fieldName" },
        { "Channels:MaxFieldNameLength", "10", 10, "fieldName" },
        { "Channels:MaxStringLength", "", 65_536, "string" },
        { "Channels:MaxStringLength", "8", 8, "string" },
        { "Channels:MaxChannels", "5", 5, "channels" },
        { "Publishing:MaxBlockRows", "", 1_000, "publisherRows" },
        { "Publishing:MaxBlockRows", "4", 4, "publisherRows" },
        { "Publishing:MaxBlockBytes", "1024", 64, "publisherRows" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task Publish_WhenALimitIsPassed_IsRefusedAndAtItIsTaken(string option, string value, int limit, string what)
    {
        foreach (var format in new[] { WireFormat.Json, WireFormat.MessagePack })
        {
            await using var alive = await AliveServer.StartAsync(format, Settings(option, value));
            async Task<PublishResult[]> PublishAsync(int size) =>
                await alive.Connection.InvokeAsync<PublishResult[]>("Publish", JsonSerializer.Deserialize<PublishRequest>(Request(what, size)));

            var error = await Assert.ThrowsAsync<HubException>(() => PublishAsync(limit + 1));
            Assert.Contains($"HubException: {ErrorCode.LimitExceeded}: batches[", error.Message, StringComparison.Ordinal);
            Assert.Contains($"(HubServer:{option})", error.Message, StringComparison.Ordinal);
            Assert.Equal(1, alive.Server.LimitsReached[option]);
            await alive.AssertUnharmedAsync();

            Assert.All(await PublishAsync(limit), result => Assert.Null(result.Error));
        }
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task PostPublish_WhenALimitIsPassed_IsRefusedAndAtItIsTaken(string option, string value, int limit, string what)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json, Settings(option, value));

        using var over = await alive.Server.PostAsync("/api/publish", Request(what, limit + 1));
        await HttpBadInputTests.AssertProblemAsync(over, HttpStatusCode.RequestEntityTooLarge, ErrorCode.LimitExceeded, $"(HubServer:{option})");
        Assert.Equal(1, alive.Server.LimitsReached[option]);
        await alive.AssertUnharmedAsync();

        using var at = await alive.Server.PostAsync("/api/publish", Request(what, limit));
        Assert.True(at.StatusCode == HttpStatusCode.OK, await at.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Publish_WhenTheNodeHasAllChannelsItMayHave_TakesRowsOfThoseOnly()
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json, ("Channels:MaxChannels", "2"));

        using var second = await alive.Server.PostAsync("/api/channels/second/rows", "{\"value\":1}");
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        using var third = await alive.Server.PostAsync("/api/channels/third/rows", "{\"value\":1}");
        await HttpBadInputTests.AssertProblemAsync(third, HttpStatusCode.RequestEntityTooLarge, ErrorCode.LimitExceeded, "channel 'third' would be one more than the limit of 2 channels (HubServer:Channels:MaxChannels)");
        using var again = await alive.Server.PostAsync("/api/channels/second/rows", "{\"value\":2}");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Publish_WhenARowIsTooLarge_IsRefusedAndBelowTheLimitIsTaken()
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.MessagePack);

        // A row takes 8 bytes a field, and 24 and its characters for a string.
        const int Text = (64 << 10) - (2 * 8) - 24;
        using var at = await alive.Server.PostAsync("/api/channels/at/rows", $"{{\"text\":\"{new string('x', Text)}\"}}");
        Assert.Equal(HttpStatusCode.OK, at.StatusCode);
        using var over = await alive.Server.PostAsync("/api/channels/over/rows", $"{{\"text\":\"{new string('x', Text + 1)}\"}}");
        await HttpBadInputTests.AssertProblemAsync(over, HttpStatusCode.RequestEntityTooLarge, ErrorCode.LimitExceeded, "row 0 of channel 'over' takes 65537 bytes; the limit is 65536 (HubServer:Channels:MaxRowBytes)");
    }

    [Fact]
    public async Task Publish_WhenItIsLargerThanABlock_IsTakenInBlocks()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10000"));

        using var response = await server.PostAsync("/api/channels/cpu/rows", $"[{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"{{\"value\":{i}}}"))}]");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(5_000, server.Node.Status().RowsIn);
    }

    // A string as long as its limit passes the limit of a row, so that one is lifted where another is tested.
    private static (string Key, string Value)[] Settings(string option, string value) => value.Length > 0
        ? [(option, value), ("Channels:MaxRowBytes", NotReached)]
        : [("Channels:MaxRowBytes", NotReached)];

    private static string Request(string what, int size) => what switch
    {
        "id" => Batch(new string('x', size), 1),
        "labels" => Batch($"x{{{string.Join(',', Enumerable.Range(0, size).Select(i => $"l{i}=\"v\""))}}}", 1),
        "fields" => Batch("x", size),
        "fieldName" => Batch("x", 1, new string('f', size)),
        "channels" => $"{{\"batches\":[{string.Join(',', Enumerable.Range(0, size - 1).Select(i => BatchText($"c{i}", 1)))}]}}",
        "string" => Batch("x", 1, value: JsonSerializer.Serialize(new string('s', size))),
        _ => Batch("x", 1, value: string.Join(',', Enumerable.Range(0, size)), extra: ",\"publisherId\":\"p\",\"sequence\":1"),
    };

    private static string Batch(string channel, int fields, string name = "f", string value = "1", string extra = "") =>
        $"{{\"batches\":[{BatchText(channel, fields, name, value)}]{extra}}}";

    // The server adds a time, so that one field fewer is written than there will be.
    private static string BatchText(string channel, int fields, string name = "f", string value = "1")
    {
        var names = fields == 1 ? [name] : Enumerable.Range(0, fields - 1).Select(i => $"{name}{i}").ToArray();
        return $"{{\"channel\":{JsonSerializer.Serialize(channel)},\"rows\":{{\"fields\":[{string.Join(',', names.Select(one => $"{{\"name\":\"{one}\"}}"))}],\"values\":[{string.Join(',', names.Select(_ => $"[{value}]"))}]}}}}";
    }
}
