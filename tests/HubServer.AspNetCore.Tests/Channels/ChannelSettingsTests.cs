using System.Net;
using HubServer.AspNetCore.Tests.BadInput;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Channels;

/// <summary>What a channel has of its own: units, capacity in rows or time, retention; and its end.</summary>
public sealed class ChannelSettingsTests
{
    [Fact]
    public async Task Put_OfAChannelThatIsNotThere_DeclaresItAndItsRowsTakeTheUnits()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var query = await RunningQuery.StreamingAsync(await server.ConnectAsync(Wire.Of(WireFormat.MessagePack)), "plant/**");

        var settings = await PutAsync(server, "plant%2Ftemp", """{"fields": [{"name": "value", "unit": "celsius"}, {"name": "note", "type": "string"}], "capacity": 5000}""");

        Assert.Equal(["time time", "value number celsius", "note string"], settings.Fields.Select(Text));
        Assert.Equal((5_000, null, 3_600_000), (settings.Capacity, settings.CapacityMs, settings.RetentionMs));
        await query.EventuallyAsync(() => query.Held("plant/temp").Schema?.Schema.Fields.Count == 3, "the declared channel joins the query without a row");
        Assert.Equal(5_000, query.Held("plant/temp").Schema?.Capacity);
        Assert.Equal(-1, Assert.Single(server.Node.List(new ListRequest()).Channels).Offset);

        using var posted = await server.PostAsync("/api/channels/plant%2Ftemp/rows", """{"value": 21.5, "note": "warm"}""");
        Assert.Equal(HttpStatusCode.OK, posted.StatusCode);
        await query.EventuallyAsync(() => query.Held("plant/temp").Next == 1, "its first row arrives");
        Assert.Equal("celsius", query.Held("plant/temp").Schema?.Schema.Fields[1].Unit);
    }

    [Fact]
    public async Task Put_WhileAQueryRuns_DescribesTheChannelAnewWithoutARow()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 0, count: 10);
        await using var query = await RunningQuery.StreamingAsync(await server.ConnectAsync(Wire.Of(WireFormat.Json)), "cpu");

        await PutAsync(server, "cpu", """{"fields": [{"name": "value", "unit": "percent"}], "capacity": 4}""");
        await query.EventuallyAsync(() => query.Held("cpu").Schema?.Schema.Fields[1].Unit == "percent", "the unit arrives");

        var frame = query.Items[^1].Frames.Single();
        Assert.Equal((FrameKind.Delta, 10, 0, 4, null), (frame.Kind, frame.Offset, frame.Count, frame.Schema?.Capacity, frame.Gap));
        Assert.Equal(4, Assert.Single(server.Node.List(new ListRequest()).Channels).Rows);

        await PutAsync(server, "cpu", """{"retentionMs": 60000}""");
        await server.PublishAsync("cpu", first: 10);
        await query.EventuallyAsync(() => query.Held("cpu").Next == 11, "the next row arrives");
        Assert.Equal("percent", query.Held("cpu").Schema?.Schema.Fields[1].Unit);
        Assert.Equal(1_000, query.Held("cpu").Schema?.Capacity);
    }

    [Fact]
    public async Task Put_OfACapacityInTime_KeepsTheRowsOfThatTime()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10"));
        var settings = await PutAsync(server, "cpu", """{"capacityMs": 1000}""");
        Assert.Equal((1_000_000, 1_000d), (settings.Capacity, settings.CapacityMs));

        await server.PostAsync("/api/channels/cpu/rows", $"[{string.Join(',', Enumerable.Range(0, 100).Select(i => $"{{\"time\":{i * 50},\"value\":{i}}}"))}]");

        var frame = WireReader.Read<Frame>(WireFormat.Json, await server.Http.GetByteArrayAsync(new Uri("/api/channels/cpu/frame", UriKind.Relative)));
        Assert.Equal((79L, 21), (frame.Offset, frame.Count));
        Assert.Equal(1_000d, frame.Schema?.CapacityMs);
    }

    [Fact]
    public async Task Get_GivesWhatHolds_AndPuttingThatAgainChangesNothing()
    {
        await using var server = await ServerFixture.StartAsync(
            ("Channels:Rules:0:Match", "plant/**"), ("Channels:Rules:0:CapacityTime", "00:10:00"), ("Channels:Rules:0:Units:value", "celsius"), ("Channels:Rules:0:Retention", "1.00:00:00"));
        await server.PublishAsync("plant/1", first: 0);

        var first = await GetAsync(server, "plant%2F1");
        var second = await PutAsync(server, "plant%2F1", Json(first));

        Assert.Equal(["time time", "value number celsius"], first.Fields.Select(Text));
        Assert.Equal((1_000_000, 600_000d, 86_400_000d), (first.Capacity, first.CapacityMs, first.RetentionMs));
        Assert.Equal(Json(first), Json(second));
        Assert.Equal(Json(first), Json(await GetAsync(server, "plant%2F1")));
    }

    [Fact]
    public async Task Delete_TakesTheChannelFromQueriesAndLists_AndItsNextRowBeginsAnother()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("a/b c", first: 0, count: 3);
        await PutAsync(server, "a/b%20c", """{"capacity": 2}""");
        await using var query = await RunningQuery.StreamingAsync(await server.ConnectAsync(Wire.Of(WireFormat.Json)), "a/*");
        var epoch = query.Held("a/b c").Epoch;

        using (var deleted = await server.SendAsync(HttpMethod.Delete, "/api/channels/a/b%20c"))
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await query.EventuallyAsync(() => query.Channels().Count == 0, "the query hears of it");
        Assert.Empty(server.Node.List(new ListRequest()).Channels);
        foreach (var method in new[] { HttpMethod.Delete, HttpMethod.Get })
        {
            using var again = await server.SendAsync(method, "/api/channels/a/b%20c");
            await HttpBadInputTests.AssertProblemAsync(again, HttpStatusCode.NotFound, ErrorCode.NotFound, "there is no channel 'a/b c'");
        }

        await server.PublishAsync("a/b c", first: 0, count: 3);
        await query.EventuallyAsync(() => query.Held("a/b c").Next == 3, "it comes back");
        Assert.NotEqual(epoch, query.Held("a/b c").Epoch);
        Assert.Equal(1_000, query.Held("a/b c").Schema?.Capacity);
    }

    [Theory]
    [InlineData("", ErrorCode.BadRequest, "the body is empty; it is an object such as")]
    [InlineData("[]", ErrorCode.BadRequest, "expected an object, found an array")]
    [InlineData("""{"capacty": 5}""", ErrorCode.BadRequest, "capacty: is no setting of a channel; those are fields, capacity, capacityMs, retentionMs")]
    [InlineData("""{"capacity": 0}""", ErrorCode.BadRequest, "capacity is 0; it is a number of rows from 1 to 1000000")]
    [InlineData("""{"capacity": 1.5}""", ErrorCode.BadRequest, "capacity: 1.5 is not a whole number")]
    [InlineData("""{"capacity": "5"}""", ErrorCode.BadRequest, "capacity: expected a number, found a string")]
    [InlineData("""{"capacity": 1000001}""", ErrorCode.LimitExceeded, "(HubServer:Channels:MaxCapacity)")]
    [InlineData("""{"capacityMs": 0.5}""", ErrorCode.BadRequest, "capacityMs is 0.5; it is a number of milliseconds from 1 to 31536000000")]
    [InlineData("""{"retentionMs": 999}""", ErrorCode.BadRequest, "retentionMs is 999; it is a number of milliseconds from 1000 to 31536000000")]
    [InlineData("""{"retentionMs": 31536000001}""", ErrorCode.BadRequest, "retentionMs is 31536000001")]
    [InlineData("""{"fields": [{"unit": "x"}]}""", ErrorCode.BadRequest, "fields[0]: a field has a name")]
    [InlineData("""{"fields": [{"name": ""}]}""", ErrorCode.BadRequest, "fields[0] of channel 'alive' has an empty name")]
    [InlineData("""{"fields": [{"name": "value", "type": "string"}]}""", ErrorCode.BadRequest, "fields[0]: field 'value' of channel 'alive' is declared as string; the channel's is a number and cannot change")]
    [InlineData("""{"fields": [{"name": "a"}, {"name": "a", "unit": "x"}]}""", ErrorCode.BadRequest, "fields[1]: field 'a' occurs twice")]
    [InlineData("""{"fields": [{"name": "value", "type": "text"}]}""", ErrorCode.BadRequest, "'text' is no field type")]
    public async Task Put_WhenItIsWrong_IsRefusedByNameAndChangesNothing(string body, string code, string text)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);

        using var response = await alive.Server.SendAsync(HttpMethod.Put, "/api/channels/alive", body);

        var status = code == ErrorCode.BadRequest ? HttpStatusCode.BadRequest : HttpStatusCode.RequestEntityTooLarge;
        await HttpBadInputTests.AssertProblemAsync(response, status, code, text);
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("Channels:MaxCapacity", "2000", """{"capacity": 2000}""", """{"capacity": 2001}""")]
    [InlineData("Channels:MaxFields", "3", """{"fields": [{"name": "value"}, {"name": "b"}]}""", """{"fields": [{"name": "value"}, {"name": "b"}, {"name": "c"}]}""")]
    [InlineData("Channels:MaxFieldNameLength", "5", """{"fields": [{"name": "value", "unit": "12345"}]}""", """{"fields": [{"name": "value", "unit": "123456"}]}""")]
    [InlineData("Channels:MaxFieldNameLength", "5", """{"fields": [{"name": "12345"}]}""", """{"fields": [{"name": "123456"}]}""")]
    public async Task Put_WhenALimitIsPassed_IsRefusedAndAtItIsTaken(string option, string value, string at, string over)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json, (option, value));

        using (var refused = await alive.Server.SendAsync(HttpMethod.Put, "/api/channels/alive", over))
            await HttpBadInputTests.AssertProblemAsync(refused, HttpStatusCode.RequestEntityTooLarge, ErrorCode.LimitExceeded, $"(HubServer:{option})");
        Assert.Equal(1, alive.Server.LimitsReached[option]);
        await alive.AssertUnharmedAsync();

        await PutAsync(alive.Server, "alive", at);
    }

    [Theory]
    [InlineData("/api/channels/")]
    [InlineData("/api/channels/a%7B")]
    [InlineData("/api/channels/a?capacity=5")]
    public async Task PutAndDelete_WhenTheAddressIsWrong_AreRefused(string path)
    {
        await using var server = await ServerFixture.StartAsync();
        foreach (var method in new[] { HttpMethod.Put, HttpMethod.Delete })
        {
            using var response = await server.SendAsync(method, path, "{}");
            Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed, $"{method} {path}: {response.StatusCode}");
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        }

        Assert.Equal(0, server.Node.Status().Channels);
        Assert.Empty(server.Errors);
    }

    private static async Task<ChannelSettings> PutAsync(ServerFixture server, string id, string body)
    {
        using var response = await server.SendAsync(HttpMethod.Put, $"/api/channels/{id}", body);
        var answer = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(answer));
        return WireReader.Read<ChannelSettings>(WireFormat.Json, answer);
    }

    private static async Task<ChannelSettings> GetAsync(ServerFixture server, string id) =>
        WireReader.Read<ChannelSettings>(WireFormat.Json, await server.Http.GetByteArrayAsync(new Uri($"/api/channels/{id}", UriKind.Relative)));

    private static string Json(ChannelSettings settings) => System.Text.Encoding.UTF8.GetString(WireWriter.ToBytes(WireFormat.Json, settings));

    private static string Text(RowField field) => $"{field.Name} {field.Type?.ToWire()} {field.Unit}".TrimEnd();
}
