using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>
/// One call of <c>Query</c>: takes items off the connection as fast as they come, since SignalR would keep them without a
/// limit, and hands them over when the consumer asks. What waits while the consumer is busy is bounded: past the limit it
/// is dropped and the server's stream cancelled. Until then the items have changed nothing, so nothing is lost with them.
/// </summary>
internal sealed class Intake : IAsyncDisposable
{
    private readonly Session _session;
    private readonly StateBoard _board;
    private readonly int _maxBytes;
    private readonly CancellationTokenSource _cancel = new();
    private readonly Lock _gate = new();
    private readonly Task _receiving;
    private List<ReceivedItem> _items = []; // Used under _gate, as is what follows.
    private TaskCompletionSource? _arrival;
    private Exception? _failure;
    private long _bytes;
    private bool _isAsked = true; // A call is begun by who asks.
    private bool _isOver;
    private bool _isDropped;
    private bool _isStale; // Of the receiving side alone.

    private Intake(Session session, QueryRequest request, int maxBytes, StateBoard board)
    {
        (_session, _maxBytes, _board) = (session, maxBytes, board);
        _receiving = ReceiveAsync(request);
    }

    /// <summary>The connection that it is on.</summary>
    public Session Session => _session;

    /// <summary>Whether it ended because too much waited, so that another call is to go on where the consumer is.</summary>
    public bool IsDropped
    {
        get
        {
            lock (_gate)
                return _isDropped;
        }
    }

    /// <summary>About the bytes that wait.</summary>
    public long WaitingBytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>Calls <c>Query</c>.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="maxBytes">About the most bytes that may wait.</param>
    /// <param name="board">Is told whether the node says that it is behind.</param>
    public static Intake Start(Session session, QueryRequest request, int maxBytes, StateBoard board) => new(session, request, maxBytes, board);

    /// <summary>The consumer waits: whatever comes is taken at once, so nothing needs a limit.</summary>
    public void Ask()
    {
        lock (_gate)
            _isAsked = true;
    }

    /// <summary>The consumer is busy.</summary>
    public void Rest()
    {
        lock (_gate)
            _isAsked = false;
    }

    /// <summary>All that waits, once something does.</summary>
    /// <returns>The items, in order; none once the call is over.</returns>
    public async ValueTask<List<ReceivedItem>> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (_items.Count > 0 || _isOver)
                {
                    var items = _items;
                    (_items, _bytes) = ([], 0);
                    return items;
                }

                _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }

            await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Why the call is over, once it is.</summary>
    public HubServerException Failure()
    {
        lock (_gate)
        {
            // A stream may end by itself only after an item of state Done, after which nobody asks.
            return _failure is null
                ? new HubServerException(ErrorCode.Internal, "the server ended the stream", isTransient: true)
                : Diagnosis.OfCall("Query", _failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        _cancel.Dispose();
    }

    private async Task ReceiveAsync(QueryRequest request)
    {
        Exception? failure = null;
        try
        {
            await foreach (var item in _session.QueryAsync(request, _cancel.Token).ConfigureAwait(false))
            {
                if (Keep(item))
                    continue;

                // Leaving the loop would only stop reading.
                await _cancel.CancelAsync().ConfigureAwait(false);
                break;
            }
        }
        catch (Exception ended)
        {
            failure = ended;
        }

        End(failure);
    }

    /// <summary>Keeps an item; false where too much waits.</summary>
    private bool Keep(ReceivedItem item)
    {
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            if (!_isAsked && _bytes + item.Bytes > _maxBytes)
            {
                (_items, _bytes, _isDropped) = ([], 0, true);
                return false;
            }

            _items.Add(item);
            _bytes += item.Bytes;
            (arrival, _arrival) = (_arrival, null);
        }

        SetStale(item.Item?.Head.Stale ?? _isStale);
        arrival?.TrySetResult();
        return true;
    }

    private void End(Exception? failure)
    {
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            (_isOver, _failure) = (true, failure);
            (arrival, _arrival) = (_arrival, null);
        }

        SetStale(false);
        arrival?.TrySetResult();
    }

    private void SetStale(bool isStale)
    {
        if (isStale == _isStale)
            return;
        _isStale = isStale;
        _board.CountStale(isStale ? 1 : -1);
    }
}
