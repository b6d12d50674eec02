using System.Text.Json;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace HubServer.AspNetCore.Routes;

/// <summary>The routes that tell what is there and how the node is.</summary>
internal sealed class ReadRoutes(Node node, IHostApplicationLifetime lifetime)
{
    private static readonly byte[] OpenApi = ReadOpenApi();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/channels", RouteMethods.Read, (Delegate)ListAsync);
        routes.MapMethods("/api/status", RouteMethods.Read, () => TypedResults.Json(node.Status(), JsonSerializerOptions.Web));
        routes.MapMethods("/livez", RouteMethods.Read, () => TypedResults.Text("live\n"));
        routes.MapMethods("/readyz", RouteMethods.Read, (Delegate)Ready);
        routes.MapMethods("/openapi/v1.json", RouteMethods.Read, () => TypedResults.Bytes(OpenApi, "application/json"));
    }

    private async Task<IResult> ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        query.RequireOnly("selector", "limit", "after");
        return WireResult.Of(await node.ListAsync(new ListRequest
        {
            Selector = query.Text("selector"),
            Limit = query.Count("limit") ?? ListRequest.DefaultLimit,
            After = query.Text("after"),
        }, context.RequestAborted));
    }

    private static byte[] ReadOpenApi()
    {
        using var stream = typeof(ReadRoutes).Assembly.GetManifestResourceStream("openapi.json")
            ?? throw new InvalidOperationException("the build embeds openapi.json");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private IResult Ready(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return Problems.Problem(context, new ItemError(ErrorCode.ShuttingDown, "the node is stopping"));
        var backplane = node.Backplane;
        return backplane.IsReady
            ? TypedResults.Text(string.Concat(backplane.Warnings.Select(static warning => $"warning: {warning}\n").Prepend("ready\n")))
            : Problems.Problem(context, new ItemError(ErrorCode.BackplaneUnavailable, backplane.Problem ?? "the backplane does not answer"));
    }
}
