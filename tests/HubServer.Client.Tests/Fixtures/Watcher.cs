using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Fixtures;

/// <summary>Enumerates a query in the background and holds what it gives.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<QueryUpdate> _updates = []; // Used under _gate, as is what follows.
    private readonly Dictionary<(string RefId, string Channel), HeldRows> _held = [];
    private readonly Task _watching;

    private Watcher(HubServerClient client, QueryRequest request) => _watching = WatchAsync(client, request);

    public IReadOnlyList<QueryUpdate> Updates
    {
        get
        {
            lock (_gate)
                return [.. _updates];
        }
    }

    public QueryUpdate? Latest => Updates is [.., var latest] ? latest : null;

    public bool IsLive => Latest?.State == QueryState.Live;

    public static Watcher Start(HubServerClient client, QueryRequest request) => new(client, request);

    /// <summary>Starts and waits until the past is there.</summary>
    public static async Task<Watcher> LiveAsync(HubServerClient client, QueryRequest request)
    {
        var watcher = Start(client, request);
        await watcher.EventuallyAsync(() => watcher.IsLive, "the query is live");
        return watcher;
    }

    public HeldRows Held(string channel, string refId = "A")
    {
        lock (_gate)
            return _held.GetValueOrDefault((refId, channel)) ?? new HeldRows();
    }

    /// <summary>Waits for a condition; a query that ended with an error fails it at once.</summary>
    public Task EventuallyAsync(Func<bool> condition, string because, TimeSpan? deadline = null) => Wait.Eventually(
        () =>
        {
            if (_watching.IsFaulted)
                _watching.GetAwaiter().GetResult();
            lock (_gate)
                return condition();
        },
        because,
        () => string.Join('\n', Updates.TakeLast(5).Select(Text)),
        deadline);

    /// <summary>Waits until the channel holds exactly these.</summary>
    public Task HoldsAsync(string channel, IReadOnlyList<double> values, string because) =>
        EventuallyAsync(() => Held(channel).Values.SequenceEqual(values), because);

    /// <summary>Waits for the end and gives its error, if there is one.</summary>
    public async Task<Exception?> EndAsync()
    {
        await Wait.Eventually(() => _watching.IsCompleted, "the query ends");
        return await Record.ExceptionAsync(() => _watching);
    }

    /// <summary>Cancels it and gives the error with which it ends.</summary>
    public async Task<Exception?> CancelAsync()
    {
        await _stop.CancelAsync();
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private static string Text(QueryUpdate update) =>
        $"{update.State} {string.Join(' ', update.Frames.Select(frame => $"{frame.Channel} {frame.Change} {frame.Epoch}@{frame.Offset}+{frame.Count}"))} {update.Problem?.Message}";

    private async Task WatchAsync(HubServerClient client, QueryRequest request)
    {
        await foreach (var update in client.QueryAsync(request, _stop.Token))
        {
            lock (_gate)
            {
                foreach (var frame in update.Frames)
                {
                    if (!_held.TryGetValue((frame.RefId, frame.Channel), out var held))
                        _held.Add((frame.RefId, frame.Channel), held = new HeldRows());
                    held.Apply(frame);
                }

                _updates.Add(update);
            }
        }
    }
}
