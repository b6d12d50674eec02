using System.Buffers;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Routes;

/// <summary>Queries over plain HTTP, for <c>curl</c> and scripts.</summary>
internal sealed class StreamRoutes(Node node, HubServerMetrics metrics, IOptions<TransportOptions> transport, TimeProvider time)
{
    private const string EventStream = "text/event-stream";
    private const string Lines = "application/x-ndjson";

    /// <summary>As often as SignalR's own: proxies take a connection for dead that is silent for longer, nginx after a minute.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/stream", (Delegate)StreamAsync);

    /// <summary>
    /// The items of a query as they come, one a line, or as server-sent events where the request accepts those. The
    /// bytes are those of the JSON hub protocol, shared with its subscriptions.
    /// </summary>
    private async Task StreamAsync(HttpContext context)
    {
        try
        {
            var subscription = await node.QueryAsync(Request(context.Request.Query), WireFormat.Json, context.RequestAborted);
            var isEvents = context.Request.Headers.Accept.ToString().Contains(EventStream, StringComparison.OrdinalIgnoreCase);
            context.Response.ContentType = isEvents ? EventStream : Lines;
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await SendAsync(subscription, context, isEvents);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away, which is how such a stream ends.
        }
    }

    private async Task SendAsync(Subscription subscription, HttpContext context, bool isEvents)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        await using var items = subscription.GetAsyncEnumerator(end.Token);
        var output = context.Response.BodyWriter;
        var next = items.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                var hasItem = await IsDoneWithinAsync(KeepAlive, next);
                if (hasItem && !await next)
                    return;
                if (isEvents)
                    output.Write(hasItem ? "data: "u8 : ":"u8);
                if (hasItem)
                    output.Write(items.Current.Bytes(WireFormat.Json).Span);
                output.Write(isEvents ? "\n\n"u8 : "\n"u8);
                if (!await IsTakenAsync(output.FlushAsync(context.RequestAborted).AsTask()))
                {
                    metrics.CountLimit("Transport:SendTimeout");
                    context.Abort();
                    return;
                }

                if (hasItem)
                    next = items.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // The step has to end before the enumerator is let go of.
            await end.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until the client takes what was written; false if it does not.</summary>
    private async Task<bool> IsTakenAsync(Task flush)
    {
        if (!await IsDoneWithinAsync(transport.Value.SendTimeout, flush))
            return false;
        await flush;
        return true;
    }

    private async Task<bool> IsDoneWithinAsync(TimeSpan limit, Task task)
    {
        if (task.IsCompleted)
            return true;
        using var stop = new CancellationTokenSource();
        var isDone = await Task.WhenAny(task, Task.Delay(limit, time, stop.Token)) == task;
        await stop.CancelAsync();
        return isDone;
    }

    private static QueryRequest Request(IQueryCollection query)
    {
        query.RequireOnly("selector", "id", "fields", "rows", "lastMs", "maxDataPoints", "intervalMs");
        var (selector, id) = (query.Text("selector"), query.Text("id"));
        if (selector is null == id is null)
            throw ProtocolException.BadRequest("a stream has either selector or id: /api/stream?selector=cpu");

        var target = new Target
        {
            Channel = selector,
            Id = id,
            Fields = query.Text("fields")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            Rows = query.Count("rows"),
        };
        return new QueryRequest
        {
            Targets = [target],
            IntervalMs = query.Count("intervalMs") ?? QueryRequest.DefaultIntervalMs,
            LastMs = query.Number("lastMs"),
            MaxDataPoints = query.Count("maxDataPoints"),
        };
    }
}
