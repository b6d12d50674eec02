using HubServer.AspNetCore.Tests.Fixtures;
using Microsoft.AspNetCore.Routing;

namespace HubServer.AspNetCore.Tests;

/// <summary>The OpenAPI document names each route of the server, and no other; <c>tests/js/openapi.test.mjs</c> checks what it says of them.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task Document_NamesEveryRouteAndNoOther()
    {
        await using var server = await ServerFixture.StartAsync();
        var document = await server.GetJsonAsync("/openapi/v1.json");

        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Where(operation => operation.Name != "parameters").Select(operation => $"{operation.Name} {Pattern(path.Name)}"));

        Assert.Equal(Routes(server).Distinct().Order(StringComparer.Ordinal), described.Distinct().Order(StringComparer.Ordinal));
    }

    // A channel's routes are one pattern: what is behind the id is found in the raw path.
    private static string Pattern(string path) => path.Contains("{id}", StringComparison.Ordinal) ? "/api/channels/{**id}" : path;

    private static IEnumerable<string> Routes(ServerFixture server)
    {
        foreach (var endpoint in server.Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = endpoint.RoutePattern.RawText ?? "";
            if (pattern == "/api/{**path}" || pattern.StartsWith("/hub", StringComparison.Ordinal))
                continue;
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Where(method => method != "HEAD") ?? [])
                yield return $"{method.ToLowerInvariant()} {pattern}";
        }
    }
}
