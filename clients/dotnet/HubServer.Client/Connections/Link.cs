using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Client;

/// <summary>
/// A client's way to its server: one connection, which is opened when somebody asks for it. All who ask while it is being
/// opened share the attempt and its outcome; after a failure the next one who asks makes the next attempt, which waits
/// its time.
/// </summary>
internal sealed partial class Link(HubServerClientOptions options, StateBoard board, ILogger logger) : IAsyncDisposable
{
    /// <summary>How long a query that was let go may still count on a server that is busy.</summary>
    private static readonly TimeSpan CancelTime = TimeSpan.FromSeconds(5);

    private readonly Uri _hub = HubUrl.Of(options.Url ?? throw new ArgumentException("the options have an address", nameof(options)));
    private readonly TimeProvider _time = options.TimeProvider ?? TimeProvider.System;
    private readonly Backoff _backoff = new(options);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private Task<Attempt>? _attempt; // The one under way or the one that made the connection; changed under _gate, as is what follows.
    private Session? _session;
    private bool _wasConnected;
    private bool _isClosed;
    private long _lastCancel; // A timestamp of _time; 0 before the first.

    /// <summary>Whether the client was disposed of.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
                return _isClosed;
        }
    }

    /// <summary>The connection, opened if need be.</summary>
    /// <exception cref="HubServerException">The attempt failed; where its error is transient, the next call makes another.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed of.</exception>
    public async Task<Session> OpenAsync(CancellationToken cancellationToken)
    {
        Task<Attempt> attempt;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(HubServerClient));
            attempt = _attempt ??= ConnectAsync();
        }

        var outcome = await attempt.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (outcome.Failure is { } failure)
            throw failure.Again();
        return outcome.Session ?? throw new ObjectDisposedException(nameof(HubServerClient));
    }

    /// <summary>Something came from the server: attempts need not wait any longer.</summary>
    public void Works() => _backoff.Reset();

    /// <summary>A query of this client was let go.</summary>
    public void NoteCancel() => Volatile.Write(ref _lastCancel, _time.GetTimestamp());

    /// <summary>Whether a query may have been refused for the sake of one that was let go just now, which still counted.</summary>
    public bool IsCrowded(HubServerException problem) =>
        IsFull(problem) && Volatile.Read(ref _lastCancel) is var last && last != 0 && _time.GetElapsedTime(last) < CancelTime;

    /// <summary>Whether the connection had as many queries as it may have.</summary>
    public static bool IsFull(HubServerException problem) =>
        problem.Code == ErrorCode.LimitExceeded && problem.Message.Contains("Queries:MaxPerConnection", StringComparison.Ordinal);

    /// <summary>Gives a connection up that is of no more use, if it is still the one in use.</summary>
    public void Lose(Session session, HubServerException problem)
    {
        lock (_gate)
        {
            if (_session != session || _isClosed)
                return;
            (_attempt, _session) = (null, null);
            _backoff.Fail();
        }

        Log.Lost(logger, _hub, problem.Message);
        board.Set(HubServerClientState.Reconnecting, problem);
        session.Abort();
        _ = EndAsync(session);
    }

    public async ValueTask DisposeAsync()
    {
        Task<Attempt>? attempt;
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            attempt = _attempt;
        }

        board.Set(HubServerClientState.Closed);
        await _closing.CancelAsync().ConfigureAwait(false);
        if (attempt is not null && (await attempt.ConfigureAwait(false)).Session is { } session)
            await EndAsync(session).ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task<Attempt> ConnectAsync()
    {
        // Who asked holds the lock, and a token provider of the program's own is not to be called under it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await Task.Delay(_backoff.Next(), _time, _closing.Token).ConfigureAwait(false);
            var session = await Session.StartAsync(options, _hub, Volatile.Read(ref _wasConnected), _closing.Token).ConfigureAwait(false);
            lock (_gate)
                (_session, _wasConnected) = (session, true);
            board.Set(HubServerClientState.Live);
            Log.Connected(logger, _hub);
            session.OnClosed(cause => Lose(session, Diagnosis.OfLoss(cause)));

            // It may have ended before anybody was told.
            if (!session.IsConnected)
                Lose(session, Diagnosis.OfLoss(null));
            return new Attempt(session, null);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return new Attempt(null, null);
        }
        catch (Exception unexpected)
        {
            var failure = Diagnosis.OfConnect(_hub, null, unexpected, _wasConnected);
            lock (_gate)
                _attempt = null;
            _backoff.Fail();
            Log.Failed(logger, failure.Message);
            board.Set(_wasConnected ? HubServerClientState.Reconnecting : HubServerClientState.Connecting, failure);
            return new Attempt(null, failure);
        }
    }

    private async Task EndAsync(Session session)
    {
        try
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // There is nothing left to be done for it.
            Log.NotEnded(logger, failure);
        }
    }

    private readonly record struct Attempt(Session? Session, HubServerException? Failure);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected to {Hub}.", EventName = "Connected")]
        public static partial void Connected(ILogger logger, Uri hub);

        [LoggerMessage(2, LogLevel.Information, "Lost the connection to {Hub}: {Problem}", EventName = "Lost")]
        public static partial void Lost(ILogger logger, Uri hub, string problem);

        [LoggerMessage(3, LogLevel.Warning, "An attempt to connect failed: {Problem}", EventName = "AttemptFailed")]
        public static partial void Failed(ILogger logger, string problem);

        [LoggerMessage(4, LogLevel.Debug, "A connection did not end in order.", EventName = "NotEnded")]
        public static partial void NotEnded(ILogger logger, Exception exception);
    }
}
