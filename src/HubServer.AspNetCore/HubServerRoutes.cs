using HubServer.AspNetCore.Routes;
using HubServer.AspNetCore.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps HubServer's hub and routes.</summary>
public static class HubServerRoutes
{
    /// <summary>Maps <c>/hub</c>, <c>/api/...</c>, <c>/livez</c>, <c>/readyz</c> and <c>/openapi/v1.json</c>; call <c>AddHubServer()</c> before.</summary>
    /// <returns>The group of all of them, for policies that hold for each.</returns>
    public static IEndpointConventionBuilder MapHubServer(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var group = endpoints.MapGroup("");
        services.GetRequiredService<HubEndpoint>().Map(group, "/hub");

        var routes = group.MapGroup("").AddEndpointFilter(services.GetRequiredService<Problems>()).AddEndpointFilter(RouteMethods.Require).AddEndpointFilter(PercentEncoding.RequireInQuery);
        services.GetRequiredService<IngestRoutes>().Map(routes);
        services.GetRequiredService<ReadRoutes>().Map(routes);
        services.GetRequiredService<ChannelRoutes>().Map(routes);
        services.GetRequiredService<StreamRoutes>().Map(routes);
        routes.Map("/api/{**path}", NoSuchRoute);
        return group;
    }

    private static IResult NoSuchRoute(HttpRequest request)
    {
        // The id `..` leads here: the path `/api/channels/../rows` is `/api/rows` once its segments are resolved.
        ChannelPath.RequireNoDotSegment(request.HttpContext);
        throw new HubServer.Protocol.ProtocolException(HubServer.Protocol.ErrorCode.NotFound, $"there is no route {request.Method} {request.Path}");
    }
}
