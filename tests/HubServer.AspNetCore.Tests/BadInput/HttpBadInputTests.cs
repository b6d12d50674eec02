using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>A wrong request is answered with problem details that name the place, and changes nothing.</summary>
public sealed class HttpBadInputTests
{
    [Theory]
    [InlineData("", "the body is empty")]
    [InlineData("   ", "the body is empty")]
    [InlineData("{\"value\":1", "the JSON is malformed")]
    [InlineData("{\"value\":", "the JSON is malformed")]
    [InlineData("[{\"value\":1},", "the JSON is malformed")]
    [InlineData("nonsense", "the JSON is malformed")]
    [InlineData("{\"value\":NaN}", "the JSON is malformed")]
    [InlineData("{\"value\":1e999}", "value: the number does not fit a float64")]
    [InlineData("[{\"value\":1},{\"value\":\"x\"}]", "[1].value: is a string, but")]
    [InlineData("[{\"value\":1},5]", "[1]: expected an object, found a number")]
    [InlineData("5", "expected an array, found a number")]
    [InlineData("\"value\"", "expected an array, found a string")]
    [InlineData("{\"value\":{}}", "value: a value is a number, a string, true, false or null")]
    [InlineData("{\"value\":[1]}", "value: a value is a number, a string, true, false or null")]
    [InlineData("{\"value\":\"x\"}", "field 'value' of channel 'alive' holds string values")]
    [InlineData("{\"value\":1,\"value\":2}", "field 'value' occurs twice")]
    [InlineData("{\"\":1}", "has an empty name")]
    [InlineData("{}", "a row has at least one field")]
    [InlineData("[{\"value\":1},{}]", "[1]: a row has at least one field")]
    [InlineData("{\"time\":\"soon\",\"value\":1}", "'soon' is no time")]
    [InlineData("{\"fields\":[{\"name\":\"value\"}],\"values\":[]}", "there are 1 fields and 0 columns")]
    [InlineData("{\"fields\":[{\"name\":\"value\"},{\"name\":\"b\"}],\"values\":[[1,2],[3]]}", "values[1] ('b') has 1 rows")]
    [InlineData("{\"fields\":[{\"name\":\"value\"}],\"values\":[[1]]} {}", "columns ({fields, values}) are the only value")]
    [InlineData("{\"value\":1} {\"fields\":[{\"name\":\"value\"}],\"values\":[[1]]}", "columns ({fields, values}) are the only value")]
    public async Task PostRows_WhenTheBodyIsWrong_IsRefused(string body, string text)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);

        using var response = await alive.Server.PostAsync("/api/channels/alive/rows", body);

        await AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, text);
        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("", "the JSON")]
    [InlineData("{\"batches\":[", "batches: the JSON is malformed")]
    [InlineData("[]", "expected an object, found an array")]
    [InlineData("{}", "batches is missing")]
    [InlineData("{\"batches\":[]} {}", "the JSON is malformed")]
    [InlineData("{\"batches\":[],\"level\":\"maybe\"}", "level: 'maybe'")]
    [InlineData("{\"batches\":[],\"level\":\"replicated\"}", "level 'replicated'")]
    [InlineData("{\"batches\":[{\"channel\":\"fresh\",\"rows\":{\"fields\":[{\"name\":\"a\"}],\"values\":[[1]]}},{\"channel\":\"alive\",\"rows\":{\"fields\":[{\"name\":\"value\"}],\"values\":[[true]]}}]}", "batches[1]: values[0] for field 'value'")]
    [InlineData("{\"batches\":[{\"channel\":\"fresh\",\"rows\":{\"fields\":[{\"name\":\"a\"}],\"values\":[[1]]}},{\"channel\":\"a{\",\"rows\":{\"fields\":[{\"name\":\"a\"}],\"values\":[[1]]}}]}", "batches[1]: ")]
    public async Task PostPublish_WhenTheBodyIsWrong_IsRefused(string body, string text)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);

        using var response = await alive.Server.PostAsync("/api/publish", body);

        await AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, text);
        await alive.AssertUnharmedAsync();
    }

    [Fact]
    public async Task PostRows_WhenTheGzipIsBroken_IsRefused()
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);

        using var broken = await PostEncodedAsync(alive.Server, "gzip", [0x7B, 0x22, 0x61, 0x22, 0xFF, 0xFF, 0xFF, 0xFF, 0x31, 0x32]);

        await AssertProblemAsync(broken, HttpStatusCode.BadRequest, ErrorCode.BadRequest, "the body is no valid gzip");
        await alive.AssertUnharmedAsync();
    }

    [Fact]
    public async Task PostRows_WhenTheGzipIsCutOffAnywhere_TakesNothing()
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);
        var whole = Compress("gzip", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(i => $"{{\"value\":{i * 7919 % 1000}}}\n"))));

        for (var length = 1; length < whole.Length; length++)
        {
            using var cutOff = await PostEncodedAsync(alive.Server, "gzip", whole[..length], "application/x-ndjson");
            await AssertProblemAsync(cutOff, HttpStatusCode.BadRequest, ErrorCode.BadRequest, "");
        }

        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("br")]
    public async Task PostRows_WhenTheEncodingIsUnknown_NamesTheKnownOnes(string encoding)
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);

        using var response = await PostEncodedAsync(alive.Server, encoding, [1, 2, 3]);

        await AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, $"Content-Encoding '{encoding}' is not known; it is gzip or none");
        await alive.AssertUnharmedAsync();
    }

    [Fact]
    public async Task PostRows_WhenABodyOfUnknownLengthIsTooLarge_RefusesItAndReadsItToItsEnd()
    {
        await using var server = await ServerFixture.StartAsync(("Transport:MaxBodyBytes", "10000"));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/channels/cpu/rows", UriKind.Relative))
        {
            Content = new StringContent($"[{string.Join(',', Enumerable.Repeat("{\"v\":1}", 100_000))}]"),
            Headers = { TransferEncodingChunked = true },
        };

        var refused = await server.Http.SendAsync(request);

        await AssertProblemAsync(refused, HttpStatusCode.RequestEntityTooLarge, ErrorCode.LimitExceeded, "(HubServer:Transport:MaxBodyBytes)");
        Assert.NotEqual(true, refused.Headers.ConnectionClose);
        await server.GetJsonAsync("/api/status");
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task PostRows_WhenTheClientResetsWithinTheBody_IsNoErrorOfTheServer()
    {
        await using var server = await ServerFixture.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(enable: true, seconds: 0) };
            await socket.ConnectAsync(server.Url.Host, server.Url.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /api/channels/cpu/rows HTTP/1.1\r\nHost: {server.Url.Authority}\r\nContent-Length: 100\r\n\r\n{{\"v\":"));
            await Wait.Eventually(() => server.Requests > 0, "the request is being read");
        }

        await Wait.Eventually(() => server.Requests == 0, "every request ended");
        Assert.True(server.Errors.Count == 0, string.Join("\n", server.Errors));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("identity")]
    public async Task PostRows_WhenTheBodyIsTooLarge_CountsItAfterDecompression(string encoding)
    {
        const int Limit = 10_000;
        await using var alive = await AliveServer.StartAsync(WireFormat.Json, ("Transport:MaxBodyBytes", "10000"));
        static byte[] Body(int bytes) => Encoding.UTF8.GetBytes("{\"value\":1}".PadRight(bytes));

        using var tooLarge = await PostEncodedAsync(alive.Server, encoding, Compress(encoding, Body(Limit + 1)));
        await AssertProblemAsync(tooLarge, HttpStatusCode.RequestEntityTooLarge, ErrorCode.LimitExceeded, "more than 10000 bytes, counted after decompression (HubServer:Transport:MaxBodyBytes)");
        await alive.AssertUnharmedAsync();

        using var atLimit = await PostEncodedAsync(alive.Server, encoding, Compress(encoding, Body(Limit)));
        Assert.Equal(HttpStatusCode.OK, atLimit.StatusCode);
    }

    [Fact]
    public async Task PostRows_WhenTheBodyStartsWithAByteOrderMark_PassesOverIt()
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.PostAsync("/api/channels/a/rows", "\uFEFF{\"value\":1}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/api/chanels")]
    [InlineData("DELETE", "/api/statu")]
    public async Task Api_WhenThereIsNoSuchRoute_SaysSo(string method, string path)
    {
        await using var server = await ServerFixture.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));

        using var response = await server.Http.SendAsync(request);

        await AssertProblemAsync(response, HttpStatusCode.NotFound, ErrorCode.NotFound, $"there is no route {method} {path}");
    }

    [Fact]
    public async Task PostRows_WhenTheClientGoesBeforeTheEnd_TakesNothing()
    {
        await using var alive = await AliveServer.StartAsync(WireFormat.Json);
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(alive.Server.Url.Host, alive.Server.Url.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes("POST /api/channels/fresh/rows HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"value\":1}\n"));
        }

        await alive.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("/api/channels?limit=x", "limit is 'x'; it is a whole number")]
    [InlineData("/api/channels?limit=-1", "limit is '-1'")]
    [InlineData("/api/channels?limit=99999999999", "limit is '99999999999'")]
    [InlineData("/api/channels?selector=cpu%7B", "'cpu{', at character")]
    public async Task GetChannels_WhenTheQueryIsWrong_IsRefused(string path, string text)
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.Http.GetAsync(new Uri(path, UriKind.Relative));

        await AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, text);
    }

    /// <summary>The answer is problem details with this code, and its text names the place.</summary>
    internal static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code, string text)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Contains(text, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PostEncodedAsync(ServerFixture server, string encoding, byte[] body, string type = "application/json")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentEncoding.Add(encoding);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return await server.Http.PostAsync(new Uri("/api/channels/alive/rows", UriKind.Relative), content);
    }

    private static byte[] Compress(string encoding, byte[] body)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BufferedStream(compressed),
        })
        {
            stream.Write(body);
            if (encoding == "identity")
            {
                stream.Flush();
                return compressed.ToArray();
            }
        }

        return compressed.ToArray();
    }
}
