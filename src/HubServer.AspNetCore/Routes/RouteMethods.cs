using Microsoft.AspNetCore.Http;

namespace HubServer.AspNetCore.Routes;

/// <summary>
/// Which methods each route below <c>/api</c> takes. Routing alone cannot say it: the routes of a channel are one pattern
/// to it, so that a <c>PUT</c> to <c>/api/channels/a/rows</c> would make a channel <c>a/rows</c>.
/// </summary>
internal static class RouteMethods
{
    public static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    private static readonly string[] Get = [HttpMethods.Get];
    private static readonly string[] Post = [HttpMethods.Post];
    private static readonly string[] Settings = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Put, HttpMethods.Delete];

    /// <summary>An endpoint filter that refuses a method that the route does not take.</summary>
    public static ValueTask<object?> Require(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        if (AllowedAt(context.HttpContext) is not { } methods || methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase))
            return next(context);
        var allowed = string.Join(", ", methods);
        throw new WrongMethodException(allowed, $"{request.Path} takes {allowed} and not {request.Method}{Hint(request)}");
    }

    private static string[]? AllowedAt(HttpContext context) => context.Request.Path.Value?.TrimEnd('/') switch
    {
        "/api/channels" or "/api/status" => Read,
        "/api/stream" => Get,
        "/api/publish" => Post,
        { } path when !path.StartsWith("/api/channels/", StringComparison.Ordinal) => null,
        _ when ChannelPath.EndsWith(context, "/rows") => Post,
        _ when ChannelPath.EndsWith(context, "/frame") => Read,
        _ when HttpMethods.IsPost(context.Request.Method) => null, // Without /rows behind it, which its own error says.
        _ => Settings,
    };

    private static string Hint(HttpRequest request) =>
        request.Path.StartsWithSegments("/api/channels") && (HttpMethods.IsPut(request.Method) || HttpMethods.IsDelete(request.Method)) ? "; a '/' of a channel's id is written %2F" : "";
}
