using HubServer.AspNetCore.Bodies;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Routes;

/// <summary>The routes of one channel: its settings, its end, and its rows as one frame.</summary>
internal sealed class ChannelRoutes(Node node, TimeProvider time, IOptions<TransportOptions> transport)
{
    private const string Pattern = "/api/channels/{**id}";
    private const string FrameSuffix = "/frame";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(Pattern, RouteMethods.Read, (Delegate)GetAsync);
        routes.MapPut(Pattern, (Delegate)PutAsync);
        routes.MapDelete(Pattern, (Delegate)DeleteAsync);
    }

    private async Task<IResult> GetAsync(HttpContext context)
    {
        if (ChannelPath.EndsWith(context, FrameSuffix))
            return await FrameAsync(context);
        context.Request.Query.RequireOnly();
        return WireResult.Of(node.Settings(ChannelPath.Read(context)));
    }

    private async Task<IResult> FrameAsync(HttpContext context)
    {
        var query = context.Request.Query;
        query.RequireOnly("rows", "lastMs", "maxDataPoints");
        var channel = ChannelPath.Read(context, FrameSuffix);
        var from = query.Number("lastMs") is { } lastMs ? (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds - lastMs : (double?)null;
        return WireResult.Of(await node.SnapshotAsync(channel, query.Count("rows"), from, query.Count("maxDataPoints"), context.RequestAborted));
    }

    private async Task<IResult> PutAsync(HttpContext context)
    {
        context.Request.Query.RequireOnly();
        var channel = ChannelPath.Read(context);
        var body = await RequestBody.ReadAsync(context, transport.Value.MaxBodyBytes);
        if (body.IsEmpty)
            throw ProtocolException.BadRequest("the body is empty; it is an object such as {\"capacity\": 5000}, or {} for a channel with nothing of its own");
        return WireResult.Of(await node.ConfigureAsync(channel, WireReader.Read<ChannelSettings>(WireFormat.Json, body), context.RequestAborted));
    }

    private async Task<IResult> DeleteAsync(HttpContext context)
    {
        context.Request.Query.RequireOnly();
        await node.RemoveAsync(ChannelPath.Read(context), context.RequestAborted);
        return TypedResults.NoContent();
    }
}
