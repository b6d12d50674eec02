using HubServer.AspNetCore.Bodies;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace HubServer.AspNetCore.Routes;

/// <summary>The routes by which rows come in.</summary>
internal sealed class IngestRoutes(Node node, IOptions<HubServerOptions> options, IOptions<TransportOptions> transport)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/channels/{**id}", (Delegate)PublishRowsAsync);
        routes.MapPost("/api/publish", (Delegate)PublishAsync);
    }

    private async Task<IResult> PublishRowsAsync(HttpContext context)
    {
        var channel = ChannelPath.Read(context, "/rows");
        var body = await RequestBody.ReadAsync(context, transport.Value.MaxBodyBytes);
        if (IsLines(context))
            return WireResult.Of((await PublishLinesAsync(context, body, channel.Text)).Single());

        var result = await node.Ingest.PublishAsync(channel, JsonRows.Read(body.Span), context.RequestAborted);
        return result.Error is { } error
            ? throw new RefusedException(error, $"{error.Message} ({result.Count} rows were taken)")
            : WireResult.Of(result);
    }

    private async Task<IResult> PublishAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, transport.Value.MaxBodyBytes);
        if (IsLines(context))
            return WireResult.Of(await PublishLinesAsync(context, body, null));

        var request = WireReader.Read<PublishRequest>(WireFormat.Json, body);
        return WireResult.Of(await node.Ingest.PublishAsync(request, context.RequestAborted));
    }

    private async Task<IReadOnlyCollection<PublishResult>> PublishLinesAsync(HttpContext context, ReadOnlyMemory<byte> body, string? channel)
    {
        var lines = new LinesIngest(node.Ingest, options.Value.Publishing.MaxBlockRows, channel);
        await lines.PublishAsync(body, context.RequestAborted);
        return lines.Results.Count > 0 ? lines.Results : throw ProtocolException.BadRequest("the body holds no line");
    }

    private static bool IsLines(HttpContext context) =>
        MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
        && type.MediaType.Value?.ToLowerInvariant() is "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonlines";
}
