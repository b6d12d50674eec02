using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>A query of the official client, read in the background and applied as a client has to.</summary>
internal sealed class RunningQuery : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Item> _items = []; // Used under _gate, as is what follows.
    private readonly Dictionary<(string RefId, string Channel), HeldChannel> _held = [];
    private readonly Task _reading;

    private RunningQuery(HubConnection connection, object request) => _reading = ReadAsync(connection, request);

    /// <summary>The items so far.</summary>
    public IReadOnlyList<Item> Items
    {
        get
        {
            lock (_gate)
                return [.. _items];
        }
    }

    public bool IsStreaming => Items.Any(item => item.Head.State == ItemState.Streaming);

    /// <summary>The current errors.</summary>
    public IReadOnlyList<ItemError> Errors => Items.LastOrDefault(item => item.Head.Errors is not null)?.Head.Errors ?? [];

    public bool HasEnded => _reading.IsCompleted;

    public static RunningQuery Start(HubConnection connection, object request) => new(connection, request);

    /// <summary>Starts a query over one selector.</summary>
    public static RunningQuery Start(HubConnection connection, string selector, int intervalMs = 0) =>
        Start(connection, new { version = 1, targets = new[] { new { channel = selector } }, intervalMs });

    /// <summary>Starts a query and waits until its past is there.</summary>
    public static async Task<RunningQuery> StreamingAsync(HubConnection connection, object request)
    {
        var query = Start(connection, request);
        await query.EventuallyAsync(() => query.IsStreaming, "the query streams");
        return query;
    }

    public static Task<RunningQuery> StreamingAsync(HubConnection connection, string selector) =>
        StreamingAsync(connection, new { version = 1, targets = new[] { new { channel = selector } }, intervalMs = 0 });

    /// <summary>What is held of a channel.</summary>
    public HeldChannel Held(string channel, string refId = "A")
    {
        lock (_gate)
            return _held.GetValueOrDefault((refId, channel)) ?? new HeldChannel();
    }

    /// <summary>The channels held, as <c>refId channel</c>.</summary>
    public List<string> Channels()
    {
        lock (_gate)
            return [.. _held.Keys.Select(key => $"{key.RefId} {key.Channel}").Order(StringComparer.Ordinal)];
    }

    /// <summary>Waits for a condition on what was received; a query that failed fails it at once.</summary>
    public Task EventuallyAsync(Func<bool> condition, string because) => Wait.Eventually(
        () =>
        {
            if (_reading.IsFaulted)
                _reading.GetAwaiter().GetResult();
            lock (_gate)
                return condition();
        },
        because,
        () => string.Join('\n', Items.TakeLast(5).Select(Text)));

    /// <summary>Waits for the stream's end and answers its error, if there is one.</summary>
    public async Task<Exception?> EndedAsync()
    {
        await Wait.Eventually(() => _reading.IsCompleted, "the query ends");
        return _reading.Exception?.InnerException;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private static string Text(Item item) => System.Text.Encoding.UTF8.GetString(WireWriter.ToBytes(WireFormat.Json, item));

    private async Task ReadAsync(HubConnection connection, object request)
    {
        await foreach (var item in connection.StreamAsync<Item>("Query", request, _stop.Token))
        {
            lock (_gate)
            {
                foreach (var frame in item.Frames)
                    Apply(frame);
                _items.Add(item);
            }
        }
    }

    private void Apply(Frame frame)
    {
        var key = (frame.RefId, frame.Channel);
        if (frame.Kind == FrameKind.Removed)
        {
            _held.Remove(key);
            return;
        }

        if (!_held.TryGetValue(key, out var held))
            _held.Add(key, held = new HeldChannel());
        held.Apply(frame);
    }
}
