using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Client;

/// <summary>
/// Collects single rows and publishes them in blocks: when a channel has enough, or when its rows have waited long enough.
/// The rows of a channel arrive in the order in which they were written, each once, through losses of the connection and
/// changes of the node. Memory is bounded: while too much waits for the server, writing waits. Safe from any thread; made by
/// <see cref="HubServerClient.CreateRowWriter"/>.
/// </summary>
public sealed partial class RowWriter : IAsyncDisposable
{
    private static readonly Rows NoRows = new([], []);

    private readonly Publisher _publisher;
    private readonly RowWriterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RowLane> _lanes = new(StringComparer.Ordinal); // Used under _gate, as is what follows. By any spelling.
    private TaskCompletionSource _room = NewRoom();
    private HubServerException? _refused;
    private long _pendingBytes;
    private int _pendingRows;
    private bool _isTimed;
    private bool _isClosed;

    internal RowWriter(Publisher publisher, RowWriterOptions options, TimeProvider time, ILogger logger)
    {
        (_publisher, _options, _time, _logger) = (publisher, options, time, logger);
        _timer = time.CreateTimer(static writer => ((RowWriter)writer!).CloseAll(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The rows that were written and are not yet acknowledged.</summary>
    public int PendingRows
    {
        get
        {
            lock (_gate)
                return _pendingRows;
        }
    }

    /// <summary>
    /// Writes a row. Returns at once where there is room, and otherwise waits for it; the row is then on its way, not yet
    /// acknowledged. Await each call before the next one for a channel, since the rows of calls that wait together may pass
    /// each other.
    /// </summary>
    /// <param name="channel">The channel's id, as in <c>cpu{host="a"}</c>.</param>
    /// <param name="row">The row's values. One without the field <c>time</c> gets this machine's time.</param>
    /// <param name="cancellationToken">Gives up waiting for room: then the row was not written.</param>
    /// <exception cref="HubServerException">
    /// The channel's id is malformed, a field occurs twice, or <c>time</c> is a text or a boolean. Or rows that were written before were refused, and
    /// <see cref="RowWriterOptions.OnRefused"/> is not set. The row was not written.
    /// </exception>
    public ValueTask WriteAsync(string channel, IReadOnlyList<RowValue> row, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(row);
        cancellationToken.ThrowIfCancellationRequested();
        var bytes = RowBlock.RowBytes(row);
        return TryWrite(channel, row, bytes, out _) ? default : WaitAndWriteAsync(channel, row, bytes, cancellationToken);
    }

    /// <summary>Sends what waits, and waits until the outcome of all rows written so far is known.</summary>
    /// <param name="cancellationToken">Stops waiting; the rows stay on their way.</param>
    /// <exception cref="HubServerException">Rows were refused, and <see cref="RowWriterOptions.OnRefused"/> is not set.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        Task[] outcomes;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            outcomes = CloseLanes();
        }

        await Task.WhenAll(outcomes).WaitAsync(cancellationToken).ConfigureAwait(false);
        ThrowIfRefused();
    }

    /// <summary>
    /// Sends what waits, waits for its acknowledgement for <see cref="RowWriterOptions.DrainTimeout"/> at most, and gives up
    /// what is not acknowledged by then.
    /// </summary>
    /// <exception cref="HubServerException">Rows were refused or given up, and <see cref="RowWriterOptions.OnRefused"/> is not set.</exception>
    public async ValueTask DisposeAsync()
    {
        Task[] outcomes;
        TaskCompletionSource room;
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            outcomes = CloseLanes();
            room = _room;
        }

        // Who waits for room finds the writer closed.
        room.TrySetResult();
        var all = Task.WhenAll(outcomes);
        try
        {
            await all.WaitAsync(_options.DrainTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            await all.ConfigureAwait(false);
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
        ThrowIfRefused();
    }

    private static TaskCompletionSource NewRoom() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async ValueTask WaitAndWriteAsync(string channel, IReadOnlyList<RowValue> row, int bytes, CancellationToken cancellationToken)
    {
        while (!TryWrite(channel, row, bytes, out var room))
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the row where there is room; otherwise gives what completes once there is some.</summary>
    private bool TryWrite(string channel, IReadOnlyList<RowValue> row, int bytes, out Task room)
    {
        ThrowIfRefused();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            room = _room.Task;
            if (_pendingBytes > 0 && _pendingBytes + bytes > _options.MaxPendingBytes)
            {
                // What waits for its time would keep the room until then.
                CloseLanes();
                return false;
            }

            Add(LaneOf(channel), row, bytes);
            _pendingBytes += bytes;
            _pendingRows++;
            StartTimer();
            return true;
        }
    }

    private void Add(RowLane lane, IReadOnlyList<RowValue> row, int bytes)
    {
        if (lane.Open is { Count: > 0 } open && open.Bytes + bytes > Blocks.MaxBytes)
            Close(lane);

        var now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        lane.Open ??= new RowBlock();
        if (!lane.Open.TryAdd(row, bytes, now))
        {
            // A value of another kind may be one that the server refuses, and is not to take the rows before it along.
            Close(lane);
            lane.Open = new RowBlock();
            lane.Open.TryAdd(row, bytes, now);
        }

        if (lane.Open.Count >= _options.MaxBlockRows)
            Close(lane);
    }

    private RowLane LaneOf(string channel)
    {
        if (_lanes.TryGetValue(channel, out var lane))
            return lane;

        var id = Publisher.Canonical(channel);
        if (!_lanes.TryGetValue(id, out lane))
            _lanes.Add(id, lane = new RowLane(id));
        lane.Spellings.Add(channel);
        _lanes[channel] = lane;
        return lane;
    }

    private void StartTimer()
    {
        if (_isTimed)
            return;
        _isTimed = true;
        _timer.Change(_options.FlushInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time is up for the rows that wait.</summary>
    private void CloseAll()
    {
        lock (_gate)
        {
            _isTimed = false;
            CloseLanes();
        }
    }

    /// <summary>Puts everything in line.</summary>
    /// <returns>The outcomes of all blocks that have none yet.</returns>
    private Task[] CloseLanes()
    {
        var lanes = _lanes.Values.Distinct().ToList();
        lanes.ForEach(Close);
        return [.. lanes.SelectMany(static lane => lane.Closed).Select(static block => block.Done)];
    }

    private void Close(RowLane lane)
    {
        lane.Close();
        if (lane.IsSending)
            return;
        if (lane.Closed.Count == 0)
        {
            Forget(lane);
            return;
        }

        lane.IsSending = true;
        _ = SendAsync(lane);
    }

    private async Task SendAsync(RowLane lane)
    {
        // Whoever closed the lane holds the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (NextBlock(lane) is { } block)
        {
            var rows = NoRows;
            try
            {
                rows = block.Build();
                var result = await _publisher.PublishAsync(lane.Channel, rows, _options.Level, _stopping.Token).ConfigureAwait(false);
                if (result.Error is { } error)
                    Refuse(new RefusedRows(lane.Channel, rows, Diagnosis.OfError(error, result)));
            }
            catch (Exception failure)
            {
                Refuse(new RefusedRows(lane.Channel, rows, Explain(failure, block.Count)));
            }

            Finish(lane, block);
        }
    }

    /// <summary>The next block to send; null once there is none, and then somebody else sends the one after.</summary>
    private RowBlock? NextBlock(RowLane lane)
    {
        lock (_gate)
        {
            if (lane.Closed.TryPeek(out var block))
                return block;
            lane.IsSending = false;
            if (lane.Open is null)
                Forget(lane);
            return null;
        }
    }

    private void Forget(RowLane lane)
    {
        foreach (var spelling in lane.Spellings)
            _lanes.Remove(spelling);
    }

    private void Finish(RowLane lane, RowBlock block)
    {
        TaskCompletionSource room;
        lock (_gate)
        {
            lane.Closed.Dequeue();
            _pendingBytes -= block.Bytes;
            _pendingRows -= block.Count;
            (room, _room) = (_room, NewRoom());
        }

        room.TrySetResult();
        block.Complete();
    }

    private void Refuse(RefusedRows refused)
    {
        Log.Refused(_logger, refused.Rows.Count, refused.Channel, refused.Error.Message);
        if (_options.OnRefused is not { } handler)
        {
            lock (_gate)
                _refused ??= refused.Error;
            return;
        }

        try
        {
            handler(refused);
        }
        catch (Exception failure)
        {
            // The rows that follow are not to wait for ever for a handler's fault.
            Log.HandlerFailed(_logger, failure);
        }
    }

    private HubServerException Explain(Exception failure, int rows) => failure switch
    {
        HubServerException known => known,
        OperationCanceledException => new HubServerException(
            HubServerException.Connection, $"{rows} rows were not acknowledged within {_options.DrainTimeout.TotalSeconds:0.###} s, and may have been written or not", isTransient: true, failure),
        _ => new HubServerException(ErrorCode.Internal, $"{rows} rows were not written: {failure.Message}", innerException: failure),
    };

    private void ThrowIfRefused()
    {
        HubServerException? refused;
        lock (_gate)
            (refused, _refused) = (_refused, null);
        if (refused is not null)
            throw refused.Again();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Rows} rows of {Channel} were not written: {Problem}", EventName = "Refused")]
        public static partial void Refused(ILogger logger, int rows, string channel, string problem);

        [LoggerMessage(2, LogLevel.Error, "A handler of OnRefused threw an exception.", EventName = "HandlerFailed")]
        public static partial void HandlerFailed(ILogger logger, Exception exception);
    }
}
