using System.Net;
using System.Net.Sockets;
using System.Text;
using HubServer.AspNetCore.Tests.BadInput;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.AspNetCore.Tests.Queries;

/// <summary>Queries without SignalR.</summary>
public sealed class PlainHttpTests
{
    [Fact]
    public async Task Stream_GivesThePastThenLiveRows_OneItemALine()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PostAsync("/api/channels/cpu/rows", "[{\"value\":1},{\"value\":2}]");

        using var response = await server.Http.GetAsync(new Uri("/api/stream?selector=cpu&rows=1&intervalMs=0", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());

        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        var past = Parse(await lines.ReadLineAsync());
        Assert.Equal((ItemState.Loading, 1L, 1), (past.Head.State, past.Frames[0].Offset, past.Frames[0].Count));
        Assert.Equal(ItemState.Streaming, Parse(await lines.ReadLineAsync()).Head.State);
        await server.PostAsync("/api/channels/cpu/rows", "{\"value\":3}");
        Assert.Equal(3, Parse(await lines.ReadLineAsync()).Frames[0].Data[1].Numbers[0]);
    }

    [Fact]
    public async Task Stream_WhereEventsAreAccepted_SendsServerSentEvents()
    {
        await using var server = await ServerFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/stream?selector=cpu", UriKind.Relative));
        request.Headers.Accept.ParseAdd("text/event-stream");

        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("data: {\"state\":\"Loading\"", await lines.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("", await lines.ReadLineAsync());
    }

    [Theory]
    [InlineData("application/x-ndjson", "")]
    [InlineData("text/event-stream", ":")]
    public async Task Stream_WhenItHasNothingToSay_SaysSoEvery15Seconds(string type, string keepAlive)
    {
        var time = new FakeTimeProvider();
        await using var server = await ServerFixture.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/stream?selector=cpu&intervalMs=0", UriKind.Relative));
        request.Headers.Accept.ParseAdd(type);
        using (var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
            async Task<string> NextAsync(bool isEmpty)
            {
                var line = await lines.ReadLineAsync();
                while (!isEmpty && line?.Length == 0)
                    line = await lines.ReadLineAsync();
                return line ?? throw new EndOfStreamException();
            }

            while (!(await NextAsync(isEmpty: false)).Contains("Streaming", StringComparison.Ordinal))
            {
            }

            if (keepAlive.Length > 0)
                Assert.Equal("", await NextAsync(isEmpty: true));
            for (var i = 0; i < 3; i++)
            {
                // The wait begins after the line before was read, so the clock moves on until it is noticed.
                var line = NextAsync(isEmpty: keepAlive.Length == 0);
                await Wait.Eventually(() => { time.Advance(TimeSpan.FromSeconds(5)); return line.IsCompleted; }, "a silent stream says something");
                Assert.Equal(keepAlive, await line);
            }

            await server.PostAsync("/api/channels/cpu/rows", "{\"value\":7}");
            var item = await NextAsync(isEmpty: false);
            while (item == keepAlive)
                item = await NextAsync(isEmpty: false);
            Assert.Contains("[7]", item, StringComparison.Ordinal);
        }

        await Wait.Eventually(() => server.Node.Status() is { Queries: 0, Feeds: 0 }, "the stream's query ends with its request");
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task Stream_WhenTheClientTakesNothing_IsCutOff()
    {
        await using var server = await ServerFixture.StartAsync(("Transport:SendTimeout", "00:00:01"));
        using var socket = new TcpClient { ReceiveBufferSize = 8 << 10 };
        await socket.ConnectAsync(server.Url.Host, server.Url.Port);
        await socket.GetStream().WriteAsync("GET /api/stream?selector=cpu&intervalMs=0 HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        await Wait.Eventually(() => server.Node.Status().Queries == 1, "the query runs");

        // The kernel takes in some megabytes for the client before the server notices anything.
        var text = new Column([.. Enumerable.Repeat<string?>(new string('x', 1_000), 100)]);
        await Wait.Eventually(
            async () =>
            {
                await server.PublishAsync("cpu", [new RowField("text")], text);
                return server.Node.Status().Queries == 0;
            },
            "a client that takes nothing is cut off");

        Assert.Equal(1, server.LimitsReached["Transport:SendTimeout"]);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task Stream_WhenTheClientGoes_LeavesNothingBehind()
    {
        await using var server = await ServerFixture.StartAsync();
        using (var response = await server.Http.GetAsync(new Uri("/api/stream?selector=cpu", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead))
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
            await lines.ReadLineAsync();
            Assert.Equal(1, server.Node.Status().Queries);
        }

        await Wait.Eventually(() => server.Node.Status() is { Queries: 0, Feeds: 0, Timers: 0 }, "the stream's query ends with its request");
        Assert.Empty(server.Errors);
    }

    [Theory]
    [InlineData("/api/stream", "either selector or id")]
    [InlineData("/api/stream?selector=a&id=b", "either selector or id")]
    [InlineData("/api/stream?selectr=a", "the parameter 'selectr' is not known")]
    [InlineData("/api/stream?id=a&id=b", "the parameter 'id' is given 2 times")]
    [InlineData("/api/stream?id=%FF", "the query '?id=%FF' is not UTF-8")]
    [InlineData("/api/stream?id=%C3&rows=%A9", "the query '?id=%C3&rows=%A9' is not UTF-8")]
    [InlineData("/api/stream?id=a%zz", "the query '?id=a%zz', at character 5: '%' is followed by two hexadecimal digits")]
    [InlineData("/api/channels?selector=100%", "the query '?selector=100%', at character 13: '%' is followed by two hexadecimal digits")]
    [InlineData("/api/stream?selector=a%7B", "'a{', at character 2")]
    [InlineData("/api/stream?selector=a&rows=x", "rows is 'x'")]
    [InlineData("/api/stream?selector=a&lastMs=nan", "lastMs is 'nan'")]
    [InlineData("/api/channels/cpu/frame?maxDataPoints=0", "maxDataPoints is 0")]
    public async Task Read_WhenAParameterIsWrong_NamesIt(string path, string text)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PostAsync("/api/channels/cpu/rows", "{\"value\":1}");

        // The path goes out as it stands here; Uri would escape a '%' that is followed by no digits.
        var uri = new Uri($"{server.Url.GetLeftPart(UriPartial.Authority)}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var response = await server.Http.GetAsync(uri);

        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, text);
    }

    [Fact]
    public async Task Frame_GivesOneChannelsPast_ThinnedOnRequest()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PostAsync("/api/channels/plant%2F1/rows", $"[{string.Join(',', Enumerable.Range(0, 100).Select(i => $"{{\"value\":{i}}}"))}]");

        var whole = await FrameAsync(server, "/api/channels/plant%2F1/frame?rows=10");
        var thinned = await FrameAsync(server, "/api/channels/plant%2F1/frame?maxDataPoints=5");

        Assert.Equal((90L, 10, 10, null), (whole.Offset, whole.Count, whole.Data[1].Count, whole.Sampled));
        Assert.Equal((0L, 100, "minmax"), (thinned.Offset, thinned.Count, thinned.Sampled));
        Assert.InRange(thinned.Data[1].Count, 1, 5);
        Assert.Equal(99, thinned.Data[1].Numbers[^1]);
    }

    [Fact]
    public async Task Frame_OfAChannelThatIsNotThere_IsNotFound()
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.Http.GetAsync(new Uri("/api/channels/cpu/frame", UriKind.Relative));

        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.NotFound, ErrorCode.NotFound, "there is no channel 'cpu'");
    }

    private static async Task<Frame> FrameAsync(ServerFixture server, string path) =>
        WireReader.Read<Frame>(WireFormat.Json, await server.Http.GetByteArrayAsync(new Uri(path, UriKind.Relative)));

    private static Item Parse(string? line) => WireReader.Read<Item>(WireFormat.Json, Encoding.UTF8.GetBytes(line ?? ""));
}
