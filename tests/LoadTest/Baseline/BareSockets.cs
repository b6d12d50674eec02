using System.Collections.Immutable;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace HubServer.LoadTest.Baseline;

/// <summary>Kestrel's WebSockets without anything on top: what comes in goes out to all as it is.</summary>
public sealed class BareSockets : IDisposable
{
    private const int MaxMessageBytes = 1 << 16;
    private const byte RowEnd = (byte)'\n';

    private readonly SemaphoreSlim _sending = new(1, 1);
    private ImmutableArray<WebSocket> _subscribers = [];

    /// <summary>Holds a subscriber until it goes.</summary>
    public async Task SubscribeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        ImmutableInterlocked.Update(ref _subscribers, static (all, one) => all.Add(one), socket);
        try
        {
            var nothing = new byte[1];
            while (socket.State == WebSocketState.Open)
                await socket.ReceiveAsync(nothing.AsMemory(), context.RequestAborted);
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException)
        {
            // That is how most subscribers leave.
        }
        finally
        {
            ImmutableInterlocked.Update(ref _subscribers, static (all, one) => all.Remove(one), socket);
        }
    }

    /// <summary>Takes messages of rows, each row with the end of a line behind it.</summary>
    public async Task PublishAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[MaxMessageBytes];
        try
        {
            for (var filled = 0; ;)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(filled), context.RequestAborted);
                if (received.MessageType == WebSocketMessageType.Close)
                    return;
                filled += received.Count;
                if (!received.EndOfMessage)
                    continue;
                await SendLinesAsync(buffer.AsMemory(0, filled));
                filled = 0;
            }
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException)
        {
            // The publisher left.
        }
    }

    /// <summary>Takes one row by HTTP.</summary>
    public async Task PostAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        await SendAsync(body.ToArray());
    }

    public void Dispose() => _sending.Dispose();

    private async Task SendLinesAsync(ReadOnlyMemory<byte> lines)
    {
        while (lines.Span.IndexOf(RowEnd) is var end and >= 0)
        {
            await SendAsync(lines[..end]);
            lines = lines[(end + 1)..];
        }
    }

    /// <summary>Sends to all at once and waits for all: a socket takes one message at a time.</summary>
    private async Task SendAsync(ReadOnlyMemory<byte> row)
    {
        await _sending.WaitAsync();
        try
        {
            await Task.WhenAll(_subscribers.Select(socket => SendAsync(socket, row)));
        }
        finally
        {
            _sending.Release();
        }
    }

    private static async Task SendAsync(WebSocket socket, ReadOnlyMemory<byte> row)
    {
        try
        {
            await socket.SendAsync(row, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception gone) when (gone is WebSocketException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            // Its own loop takes it off the list.
        }
    }
}
