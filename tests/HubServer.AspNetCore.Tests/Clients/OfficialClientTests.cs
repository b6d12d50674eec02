using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.AspNetCore.Tests.Clients;

/// <summary>The official client with no types of ours: anonymous objects in, dictionaries or JSON elements out.</summary>
public sealed class OfficialClientTests
{
    [Theory]
    [MemberData(nameof(Wire.All), MemberType = typeof(Wire))]
    public async Task Query_WhenRowsAreThere_SendsThePastFirstAndThenLiveRows(WireFormat format, bool negotiates)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu{host=\"a\"}", first: 1, count: 2);
        var connection = await server.ConnectAsync(new Wire(format, negotiates));

        var request = new { version = 1, targets = new[] { new { refId = "Q", channel = "cpu" } }, intervalMs = 0 };
        await using var items = connection.StreamLoosely(format, "Query", request).GetAsyncEnumerator();
        var first = await NextAsync(items);
        Assert.Equal("Loading", first.At("state"));
        Assert.Equal(server.Node.Status().Node, first.At("server.node"));
        Assert.Equal(
            ("Q", "cpu{host=\"a\"}", "snapshot", 0.0, 2.0),
            (first.At("frames[0].refId"), first.At("frames[0].channel"), first.At("frames[0].kind"), first.At("frames[0].offset"), first.At("frames[0].count")));
        Assert.Equal(["time", "value"], first.ListAt("frames[0].schema.fields").Select(field => field.At("name")));
        Assert.Equal([1.0, 2.0], first.ListAt("frames[0].data.values[1]"));

        var second = await NextAsync(items);
        Assert.Equal("Streaming", second.At("state"));
        Assert.Empty(second.ListAt("frames"));

        await server.PublishAsync("cpu{host=\"a\"}", first: 3);
        var third = await NextAsync(items);
        Assert.Equal(("Streaming", "delta", 2.0), (third.At("state"), third.At("frames[0].kind"), third.At("frames[0].offset")));
        Assert.Equal([3.0], third.ListAt("frames[0].data.values[1]"));
        Assert.Null(third.At("frames[0].schema"));
        Assert.Null(third.At("server"));
    }

    [Theory]
    [MemberData(nameof(Wire.All), MemberType = typeof(Wire))]
    public async Task Publish_WhenRowsAreValid_AnswersTheirPositions(WireFormat format, bool negotiates)
    {
        await using var server = await ServerFixture.StartAsync();
        var connection = await server.ConnectAsync(new Wire(format, negotiates));

        var results = await connection.InvokeLooselyAsync(format, "Publish", new
        {
            batches = new[] { Batch("b", 1, 2), Batch("a{y=\"2\",x=\"1\"}", 3) },
        });

        Assert.Equal(("b", 0.0, 2.0), (results.At("[0].channel"), results.At("[0].offset"), results.At("[0].count")));
        Assert.Equal(("a{x=\"1\",y=\"2\"}", 0.0, 1.0), (results.At("[1].channel"), results.At("[1].offset"), results.At("[1].count")));
        Assert.NotEqual("", results.At("[0].epoch"));
        Assert.Null(results.At("[0].error"));
        Assert.Equal(2, server.Node.Status().Channels);
    }

    [Theory]
    [MemberData(nameof(Wire.All), MemberType = typeof(Wire))]
    public async Task PublishStream_WhenARequestIsRefused_AnswersEachInOrderAndGoesOn(WireFormat format, bool negotiates)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("a", first: 0);
        var connection = await server.ConnectAsync(new Wire(format, negotiates));
        object[] requests =
        [
            new { batches = new[] { Batch("a", 1) } },
            new { batches = new[] { new { channel = "a", rows = new { fields = new[] { new { name = "value" } }, values = new[] { new[] { "text" } } } } } },
            new { batches = new[] { Batch("a", 2, 3) } },
        ];

        var answers = new List<object?>();
        await foreach (var answer in connection.StreamLoosely(format, "PublishStream", requests.ToAsyncEnumerable()))
            answers.Add(answer);

        Assert.Equal([1.0, -1.0, 2.0], answers.Select(answer => answer.At("[0].offset")));
        Assert.Equal([1.0, 0.0, 2.0], answers.Select(answer => answer.At("[0].count")));
        Assert.Equal("bad_request", answers[1].At("[0].error.code"));
        Assert.Contains("'value'", (string?)answers[1].At("[0].error.message"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Wire.All), MemberType = typeof(Wire))]
    public async Task ListChannels_WhenThereAreSeveral_AnswersSortedPages(WireFormat format, bool negotiates)
    {
        await using var server = await ServerFixture.StartAsync();
        foreach (var channel in new[] { "c", "a", "b{x=\"1\"}" })
            await server.PublishAsync(channel, first: 7);
        var connection = await server.ConnectAsync(new Wire(format, negotiates));

        var page = await connection.InvokeLooselyAsync(format, "ListChannels", new { limit = 2 });
        Assert.Equal(["a", "b{x=\"1\"}"], page.ListAt("channels").Select(channel => channel.At("id")));
        Assert.Equal(true, page.At("more"));
        Assert.Equal(("b", "1", 0.0, 1.0, 7.0), (page.At("channels[1].name"), page.At("channels[1].labels.x"), page.At("channels[1].offset"), page.At("channels[1].rows"), page.At("channels[1].lastTime")));
        Assert.Equal("value", page.At("channels[1].schema.fields[1].name"));

        var last = await connection.InvokeLooselyAsync(format, "ListChannels", new { after = "b{x=\"1\"}", selector = "*" });
        Assert.Equal(["c"], last.ListAt("channels").Select(channel => channel.At("id")));
        Assert.Equal(false, last.At("more"));
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenCalledWithATypeOfTheContract_AnswersItems(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync();
        var connection = await server.ConnectAsync(Wire.Of(format));
        var results = await connection.InvokeAsync<PublishResult[]>("Publish", new PublishRequest
        {
            Batches = [new PublishBatch("cpu", new Rows([new RowField("value")], [new Column([1.5, Column.NullNumber, double.NaN, double.PositiveInfinity])]))],
        });
        Assert.Equal(("cpu", 0, 4), (results[0].Channel, results[0].Offset, results[0].Count));

        await using var query = await RunningQuery.StreamingAsync(connection, new QueryRequest { Targets = [new Target { Id = "cpu" }], IntervalMs = 0 });
        Assert.Equal([1.5, null, double.NaN, double.PositiveInfinity], query.Held("cpu").Values("value"));
        Assert.Equal(results[0].Epoch, query.Held("cpu").Epoch);

        var list = await connection.InvokeAsync<ChannelList>("ListChannels", new ListRequest());
        Assert.Equal("cpu", Assert.Single(list.Channels).Id.Text);
    }

    private static object Batch(string channel, params double[] values) => new
    {
        channel,
        rows = new { fields = new[] { new { name = "time" }, new { name = "value" } }, values = new[] { values, values } },
    };

    private static async Task<object?> NextAsync(IAsyncEnumerator<object?> items)
    {
        Assert.True(await items.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        return items.Current;
    }
}
