using HubServer.History;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Cluster;

/// <summary>Enumerates a query in the background and writes down what it shows.</summary>
internal sealed class RecordedQuery : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HistoryLog _log;
    private readonly UpdateLines _lines; // Used under _gate.
    private readonly Task _watching;

    private RecordedQuery(HistoryLog log, UpdateLines lines, HubServerClient client, QueryRequest request)
    {
        (_log, _lines) = (log, lines);
        _log.Write(lines.Begin());
        _watching = WatchAsync(client, request);
    }

    public int Calls
    {
        get
        {
            lock (_gate)
                return _lines.Calls;
        }
    }

    public static RecordedQuery Start(HistoryLog log, UpdateLines lines, HubServerClient client, QueryRequest request) => new(log, lines, client, request);

    /// <summary>Whether the query is live and has its channels up to these offsets; throws what it ended with, if it did.</summary>
    public bool Has(Func<string, long?> nextOf)
    {
        if (_watching.IsCompleted)
            _watching.GetAwaiter().GetResult();
        lock (_gate)
            return _lines.IsLive && _lines.Channels.All(channel => nextOf(channel) is { } next && _lines.NextOf(channel) >= next);
    }

    /// <summary>How the query stands, for the text of a failure.</summary>
    public override string ToString()
    {
        lock (_gate)
            return $"live {_lines.IsLive}, call {_lines.Calls}, {string.Join(' ', _lines.Channels.Select(channel => $"{channel} up to {_lines.NextOf(channel)}"))}";
    }

    /// <summary>Ends the query, after which nothing is written down.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _watching.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync(HubServerClient client, QueryRequest request)
    {
        try
        {
            await foreach (var update in client.QueryAsync(request, _stop.Token))
            {
                lock (_gate)
                    _log.Write(_lines.Of(update));
            }
        }
        finally
        {
            lock (_gate)
                _log.Write(_lines.End(_stop.IsCancellationRequested ? "stopped" : "lost"));
        }
    }
}
