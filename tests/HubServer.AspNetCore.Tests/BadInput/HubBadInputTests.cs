using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>A wrong call is answered with its code and place, changes nothing, and harms no other call of its connection.</summary>
public sealed class HubBadInputTests
{
    public static MatrixTheoryData<WireFormat, string> Cases => new([WireFormat.Json, WireFormat.MessagePack], HubCases.All.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Call_WhenItIsWrong_IsRefusedAndHarmsNothing(WireFormat format, string name)
    {
        var wrong = HubCases.All[name];
        await using var alive = await AliveServer.StartAsync(format);

        var error = await Assert.ThrowsAsync<HubException>(() => CallAsync(alive.Connection, wrong));

        AssertError(wrong.Code, wrong.Text, error);
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("""{"batches":[{"channel":"fresh","rows":{"fields":[{"name":"a"}],"values":[[1e999]]}}]}""", "batches[0].rows.values[0][0]: the number does not fit a float64")]
    [InlineData("""{"batches":[{"channel":"fresh","rows":{"fields":[{"name":"a"}],"values":[[1]],"entities":[{"NaN":[0]}]}}]}""", "batches[0].rows: entities[0]: values[0][0] must be")]
    [InlineData("""{"batches":[{"channel":"fresh","rows":{"fields":[{"name":"a"}],"values":[[null]],"entities":[{"NaN":[1]}]}}]}""", "entities[0]")]
    [InlineData("""{"batches":[{"channel":"fresh","rows":{"fields":[{"name":"time"}],"values":[[null]],"entities":[{"Inf":[0]}]}}]}""", "values[0][0] for field 'time'")]
    public async Task Publish_WhenJsonIsNotFinite_NamesThePlace(string argument, string text)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);
        var json = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(argument);

        var error = await Assert.ThrowsAsync<HubException>(() => alive.Connection.InvokeAsync("Publish", json));

        AssertError(ErrorCode.BadRequest, text, error);
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData(7, "batches[0].rows.values[0]: a binary column holds float64")]
    [InlineData(9, "batches[0].rows.values[0]: a binary column holds float64")]
    public async Task Publish_WhenABinaryColumnIsCutOff_NamesThePlace(int bytes, string text)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.MessagePack);

        var error = await Assert.ThrowsAsync<HubException>(() => alive.Connection.InvokeAsync("Publish", new
        {
            batches = new[] { new { channel = "fresh", rows = new { fields = new[] { new { name = "a" } }, values = new[] { new byte[bytes] } } } },
        }));

        AssertError(ErrorCode.BadRequest, text, error);
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenAFieldIsUnknown_SaysSoAndGoesOn(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format);

        await using var query = await RunningQuery.StreamingAsync(alive.Connection, new
        {
            version = 1,
            targets = new[] { new { refId = "Q", channel = "alive", fields = new[] { "value", "volt" } } },
            intervalMs = 0,
        });
        var error = Assert.Single(query.Errors);
        Assert.Equal((ErrorCode.NotFound, "Q", "alive"), (error.Code, error.RefId, error.Channel));
        Assert.Contains("'volt'; it has 'time', 'value'", error.Message, StringComparison.Ordinal);

        await alive.AssertUnharmedAsync();
        await query.EventuallyAsync(() => query.Held("alive", "Q").Next == 2, "the query with the error goes on");

        // The field appears: the list of errors is cleared.
        await alive.Server.PublishAsync("alive", [new RowField("volt")], new Column([230.0]));
        await query.EventuallyAsync(() => query.Held("alive", "Q").Next == 3, "the row arrives");
        Assert.Empty(query.Errors);
        Assert.Equal(["time", "value", "volt"], query.Held("alive", "Q").FieldNames);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Publish_WhenSequencesGoBack_RefusesTheEarlierAndRepeatsTheSame(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format);
        async Task<PublishResult> PublishAsync(long sequence) => Assert.Single(await alive.Connection.InvokeAsync<PublishResult[]>("Publish", new
        {
            batches = new[] { new { channel = "alive", rows = new { fields = new[] { new { name = "value" } }, values = new[] { new[] { 5.0 } } } } },
            publisherId = "p",
            sequence,
        }));

        var first = await PublishAsync(7);
        var retry = await PublishAsync(7);
        var earlier = await PublishAsync(6);
        var next = await PublishAsync(8);

        Assert.Equal(first, retry);
        Assert.Equal((ErrorCode.BadRequest, -1, 0), (earlier.Error?.Code, earlier.Offset, earlier.Count));
        Assert.Contains("sequence 6 of publisher 'p' comes after 7", earlier.Error?.Message, StringComparison.Ordinal);
        Assert.Equal(first.Offset + 1, next.Offset);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task PublishStream_WhenARequestCannotBeRead_AnswersItAndGoesOn(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format);
        object[] requests = ["cpu", new { batches = 5 }, new { batches = new[] { new { channel = "later", rows = new { fields = new[] { new { name = "value" } }, values = new[] { new[] { 1.0 } } } } } }];

        var answers = new List<PublishResult>();
        await foreach (var answer in alive.Connection.StreamAsyncCore<PublishResult[]>("PublishStream", [requests.ToAsyncEnumerable()]))
            answers.Add(Assert.Single(answer));

        Assert.Equal([ErrorCode.BadRequest, ErrorCode.BadRequest, null], answers.Select(answer => answer.Error?.Code));
        Assert.Contains("expected an object, found a string", answers[0].Error?.Message, StringComparison.Ordinal);
        Assert.Contains("batches: expected an array, found a number", answers[1].Error?.Message, StringComparison.Ordinal);
        Assert.Equal(("later", 1), (answers[2].Channel, answers[2].Count));
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task PublishStream_WhenNoStreamIsSent_IsRefused(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format);

        await Assert.ThrowsAsync<HubException>(async () =>
        {
            await foreach (var _ in alive.Connection.StreamAsyncCore<PublishResult[]>("PublishStream", [new { batches = Array.Empty<int>() }]))
            {
            }
        });

        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Call_WhenTheMethodIsUnknown_IsRefused(WireFormat format)
    {
        await using var alive = await AliveServer.StartAsync(format);

        await Assert.ThrowsAsync<HubException>(() => alive.Connection.InvokeAsync("Drop", new { channel = "alive" }));

        await alive.AssertUnharmedAsync();
    }

    private static async Task CallAsync(HubConnection connection, HubCase wrong)
    {
        if (wrong.Method != "Query")
        {
            await connection.InvokeCoreAsync<object>(wrong.Method, wrong.Arguments);
            return;
        }

        await foreach (var _ in connection.StreamAsyncCore<Item>(wrong.Method, wrong.Arguments))
        {
        }
    }

    // As PROTOCOL.md 7 tells clients to read it.
    private static void AssertError(string code, string text, HubException error)
    {
        const string Mark = "HubException: ";
        Assert.True(error.Message.Contains(Mark, StringComparison.Ordinal), error.Message);
        var parts = error.Message[(error.Message.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length)..].Split(": ", 2);
        Assert.Equal(code, parts[0]);
        Assert.Contains(text, parts[1], StringComparison.Ordinal);
    }
}
