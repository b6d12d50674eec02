using System.Globalization;
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
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/channels", (Delegate)List);
        routes.MapGet("/api/status", () => TypedResults.Json(node.Status(), JsonSerializerOptions.Web));
        routes.MapGet("/livez", () => TypedResults.Text("live\n"));
        routes.MapGet("/readyz", (Delegate)Ready);
    }

    private IResult List(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = ListRequest.DefaultLimit;
        var text = query["limit"].ToString();
        if (text.Length > 0 && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit))
            throw ProtocolException.BadRequest($"limit is '{text}'; it is a whole number");

        return WireResult.Of(node.List(new ListRequest
        {
            Selector = query["selector"].ToString(),
            Limit = limit,
            After = query.TryGetValue("after", out var after) ? after.ToString() : null,
        }));
    }

    private IResult Ready(HttpContext context) => lifetime.ApplicationStopping.IsCancellationRequested
        ? Problems.Problem(context, new ItemError(ErrorCode.ShuttingDown, "the node is stopping"))
        : TypedResults.Text("ready\n");
}
