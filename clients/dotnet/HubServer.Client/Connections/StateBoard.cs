using Microsoft.Extensions.Logging;

namespace HubServer.Client;

/// <summary>
/// A client's state, put together from its connection and its queries. Changes are told one after the other, in the
/// order in which they came, and never under a lock.
/// </summary>
internal sealed partial class StateBoard(object owner, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Queue<HubServerStateChangedEventArgs> _untold = []; // Used under _gate, as is what follows.
    private HubServerClientState _link = HubServerClientState.Connecting;
    private HubServerException? _error;
    private HubServerStateChangedEventArgs _latest = new(HubServerClientState.Connecting, null);
    private int _staleQueries;
    private bool _isTelling;

    public event EventHandler<HubServerStateChangedEventArgs>? Changed;

    /// <summary>The newest state, told or not.</summary>
    public HubServerStateChangedEventArgs Latest
    {
        get
        {
            lock (_gate)
                return _latest;
        }
    }

    /// <summary>How the connection stands, and why it is not there.</summary>
    public void Set(HubServerClientState link, HubServerException? error = null)
    {
        lock (_gate)
        {
            // Nothing comes after the end.
            if (_link == HubServerClientState.Closed)
                return;
            (_link, _error) = (link, error);
            Note();
        }

        Tell();
    }

    /// <summary>A query began (1) or ended (-1) to be behind.</summary>
    public void CountStale(int change)
    {
        lock (_gate)
        {
            _staleQueries += change;
            Note();
        }

        Tell();
    }

    private void Note()
    {
        var state = _link == HubServerClientState.Live && _staleQueries > 0 ? HubServerClientState.Stale : _link;
        if (state == _latest.State && HubServerException.AreSame(_error, _latest.Error))
            return;
        _latest = new HubServerStateChangedEventArgs(state, _error);
        _untold.Enqueue(_latest);
    }

    private void Tell()
    {
        while (true)
        {
            HubServerStateChangedEventArgs? change;
            lock (_gate)
            {
                // Whoever tells already also tells this one.
                if (_isTelling || !_untold.TryDequeue(out change))
                    return;
                _isTelling = true;
            }

            try
            {
                Changed?.Invoke(owner, change);
            }
            catch (Exception failure)
            {
                // A handler's fault must not end the connection that it is told about.
                Log.HandlerFailed(logger, failure);
            }

            lock (_gate)
                _isTelling = false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A handler of StateChanged threw an exception.", EventName = "HandlerFailed")]
        public static partial void HandlerFailed(ILogger logger, Exception exception);
    }
}
