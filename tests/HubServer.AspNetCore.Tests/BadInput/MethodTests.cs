using System.Net;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>A route that is there says which methods it takes.</summary>
public sealed class MethodTests
{
    [Theory]
    [InlineData("DELETE", "/api/status", "GET, HEAD")]
    [InlineData("POST", "/api/channels", "GET, HEAD")]
    [InlineData("GET", "/api/publish", "POST")]
    [InlineData("POST", "/api/stream", "GET")]
    [InlineData("PUT", "/api/channels/a/rows", "POST")]
    [InlineData("DELETE", "/api/channels/a/rows", "POST")]
    [InlineData("GET", "/api/channels/a/rows", "POST")]
    [InlineData("PUT", "/api/channels/a/frame", "GET, HEAD")]
    [InlineData("PATCH", "/api/channels/a", "GET, HEAD, PUT, DELETE")]
    public async Task Request_WithAnotherMethod_IsRefusedAndToldTheRightOnes(string method, string path, string allowed)
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.SendAsync(new HttpMethod(method), path, "{}");

        await HttpBadInputTests.AssertProblemAsync(response, HttpStatusCode.MethodNotAllowed, ErrorCode.BadRequest, $"takes {allowed} and not {method}");
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow));
        Assert.Equal(0, server.Node.Status().Channels);
    }

    [Theory]
    [InlineData("/api/channels")]
    [InlineData("/api/channels/a")]
    [InlineData("/api/channels/a/frame")]
    [InlineData("/api/status")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/openapi/v1.json")]
    public async Task Head_AnswersLikeGetWithoutABody(string path)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("a", first: 0);

        using var head = await server.SendAsync(HttpMethod.Head, path);
        using var get = await server.SendAsync(HttpMethod.Get, path);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (head.StatusCode, get.StatusCode));
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("GET", "/api/nothing")]
    [InlineData("POST", "/api")]
    public async Task Request_ForARouteThatIsNotThere_IsNotFound(string method, string path)
    {
        await using var server = await ServerFixture.StartAsync();

        using var response = await server.SendAsync(new HttpMethod(method), path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }
}
