using System.Net;
using System.Net.Sockets;
using System.Text;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>A channel's id in a route is percent-encoded and decoded once, whatever is in it.</summary>
public sealed class ChannelPathTests
{
    [Theory]
    [InlineData("plant/hall 1/temp")]
    [InlineData("cpu{host=\"a\"}")]
    [InlineData("cpu{host=\"a/b c\",path=\"C:\\\\x\\\"y\"}")]
    [InlineData("100%")]
    [InlineData("a%2Fb")]
    [InlineData("a%252Fb")]
    [InlineData("a%zz")]
    [InlineData("größe°")]
    [InlineData("温度")]
    [InlineData("emoji \U0001F600")]
    [InlineData("it's \"quoted\"")]
    [InlineData("a?b=c&d#e")]
    [InlineData("a+b")]
    [InlineData("a;b,c")]
    [InlineData("x/rows")]
    [InlineData("rows")]
    [InlineData("a..b")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    public async Task PostRows_WhenTheIdIsPercentEncoded_PublishesToThatChannel(string id)
    {
        // "." is not escaped by EscapeDataString, and Uri would resolve the dots before the request is sent.
        var path = $"/api/channels/{Uri.EscapeDataString(id).Replace(".", "%2E", StringComparison.Ordinal)}/rows";
        await AssertPublishesAsync(path, id);
    }

    [Theory]
    [InlineData("plant/temp", "plant/temp")]
    [InlineData("cpu{host=%22a%22}", "cpu{host=\"a\"}")]
    [InlineData("a{y=%221%22,x=%222%22}", "a{x=\"2\",y=\"1\"}")]
    public async Task PostRows_WhenTheIdIsSentAsItIs_PublishesToThatChannel(string path, string id) =>
        await AssertPublishesAsync($"/api/channels/{path}/rows?unused=1", id);

    [Theory]
    [InlineData(".%7B%7D", ".")]
    [InlineData("..%7B%7D", "..")]
    [InlineData("%2E%2E{}", "..")]
    public async Task PostRows_WhenAnIdOfDotsIsSentWithBraces_PublishesToThatChannel(string path, string id) =>
        await AssertPublishesAsync($"/api/channels/{path}/rows", id);

    [Theory]
    [InlineData("/api/channels/./rows", ".")]
    [InlineData("/api/channels/../rows", "..")]
    [InlineData("/api/channels/%2e%2E/rows", "%2e%2E")]
    [InlineData("/api/channels/a/../b/rows", "..")]
    [InlineData("/api/channels/a/%2E/b/rows", "%2E")]
    [InlineData("/api/channels/a/../../b/rows", "..")]
    public async Task PostRows_WhenASegmentCouldBeResolvedOnTheWay_IsRefused(string path, string segment)
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await PostAsync(server, path);

        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, ErrorCode.BadRequest, $"'{path}' holds the segment '{segment}'");
        Assert.Equal(0, server.Node.Status().Channels);
    }

    [Theory]
    [InlineData("frame")]
    [InlineData("/frame")]
    [InlineData("a/frame")]
    public async Task Get_WhenTheIdIsNamedLikeARoute_TellsItsSettingsAndItsFrameApart(string id)
    {
        await using var server = await ServerFixture.StartAsync();
        var path = $"/api/channels/{Uri.EscapeDataString(id)}";
        using var posted = await PostAsync(server, $"{path}/rows");

        Assert.Equal(1000, (await server.GetJsonAsync(path)).GetProperty("capacity").GetInt32());
        Assert.Equal(id, (await server.GetJsonAsync($"{path}/frame")).GetProperty("channel").GetString());
    }

    [Fact]
    public async Task PostRows_WhenTheTargetIsAWholeUrl_PublishesToTheChannelOfItsPath()
    {
        await using var server = await ServerFixture.StartAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Url.Host, server.Url.Port);

        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"POST http://{server.Url.Authority}/api/channels/a%2F%252Fb/rows?x=1 HTTP/1.1\r\nHost: {server.Url.Authority}\r\nContent-Length: 11\r\n\r\n{{\"value\":1}}"));

        await Wait.Eventually(() => server.Node.Status().Channels == 1, "the row was taken");
        Assert.Equal("a/%2Fb", Assert.Single(server.Node.List(new ListRequest()).Channels).Id.Text);
    }

    [Theory]
    [InlineData("/api/channels/cpu%7B/rows", HttpStatusCode.BadRequest, ErrorCode.BadRequest, "'cpu{', at character")]
    [InlineData("/api/channels/cpu*/rows", HttpStatusCode.BadRequest, ErrorCode.BadRequest, "'cpu*', at character 3")]
    [InlineData("/api/channels/cpu%7Bhost%3D~%22a%22%7D/rows", HttpStatusCode.BadRequest, ErrorCode.BadRequest, "a channel id takes '=' only")]
    [InlineData("/api/channels/%20/rows", HttpStatusCode.BadRequest, ErrorCode.BadRequest, "at character 0")]
    [InlineData("/api/channels/%0A/rows", HttpStatusCode.BadRequest, ErrorCode.BadRequest, "at character 0")]
    [InlineData("/api/channels/a%zz/rows", HttpStatusCode.BadRequest, ErrorCode.BadRequest, "at character 1: '%' is followed by two hexadecimal digits")]
    [InlineData("/api/channels/a%2/rows", HttpStatusCode.BadRequest, ErrorCode.BadRequest, "at character 1: '%' is followed by two hexadecimal digits")]
    [InlineData("/api/channels/a%FFb/rows", HttpStatusCode.BadRequest, ErrorCode.BadRequest, "UTF-8")]
    [InlineData("/api/channels/rows", HttpStatusCode.NotFound, ErrorCode.NotFound, "the route is /api/channels/{id}/rows")]
    [InlineData("/api/channels//rows", HttpStatusCode.NotFound, ErrorCode.NotFound, "the route is /api/channels/{id}/rows")]
    [InlineData("/api/channels/cpu", HttpStatusCode.NotFound, ErrorCode.NotFound, "the route is /api/channels/{id}/rows")]
    [InlineData("/api/channels/cpu/row", HttpStatusCode.NotFound, ErrorCode.NotFound, "the route is /api/channels/{id}/rows")]
    public async Task PostRows_WhenTheIdIsWrong_IsRefused(string path, HttpStatusCode status, string code, string text)
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await PostAsync(server, path);

        await HttpBadInputTests.AssertProblemAsync(response, status, code, text);
        Assert.Equal(0, server.Node.Status().Channels);
        Assert.Empty(server.Errors);
    }

    private static async Task AssertPublishesAsync(string path, string id)
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await PostAsync(server, path);

        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        Assert.Equal(id, Assert.Single(server.Node.List(new ListRequest()).Channels).Id.Text);
    }

    // The path goes out as it stands here; Uri would unescape and escape it in its own way.
    private static async Task<HttpResponseMessage> PostAsync(ServerFixture server, string path)
    {
        var uri = new Uri($"{server.Url.GetLeftPart(UriPartial.Authority)}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return await server.Http.PostAsync(uri, new StringContent("{\"value\":1}"));
    }
}
