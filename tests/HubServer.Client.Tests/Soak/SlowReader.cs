using HubServer.Protocol;

namespace HubServer.Client.Tests.Soak;

/// <summary>A consumer that takes a second for each update, until it is told to hurry.</summary>
internal sealed class SlowReader : IAsyncDisposable
{
    private static readonly TimeSpan Work = TimeSpan.FromSeconds(1);

    private readonly HubServerClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly Task _reading;
    private readonly Lock _gate = new();
    private readonly CountedRows _rows = new(); // Used under _gate, as is what follows.
    private int _updates; // Those that have frames.

    public SlowReader(HubServerClient client, QueryRequest request)
    {
        _client = client;
        _reading = ReadAsync(request);
    }

    /// <summary>The offset of the row that comes next; throws what the query ended with, if it did.</summary>
    public long Next
    {
        get
        {
            if (_reading.IsCompleted)
                _reading.GetAwaiter().GetResult();
            lock (_gate)
                return _rows.Next;
        }
    }

    public SlowFigures Figures
    {
        get
        {
            lock (_gate)
                return new SlowFigures(_updates, _rows.Seen, _rows.Gaps, _rows.Missing);
        }
    }

    public Task HurryAsync() => _hurry.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _hurry.CancelAsync();
        await _reading.ContinueWith(static _ => { }, TaskScheduler.Default);
        await _client.DisposeAsync();
        _stop.Dispose();
        _hurry.Dispose();
    }

    private async Task ReadAsync(QueryRequest request)
    {
        await foreach (var update in _client.QueryAsync(request, _stop.Token))
        {
            lock (_gate)
            {
                _updates += update.Frames.Count > 0 ? 1 : 0;
                foreach (var frame in update.Frames)
                    _rows.Apply(frame);
            }

            await Task.Delay(Work, TimeProvider.System, _hurry.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }
}
