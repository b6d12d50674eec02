namespace HubServer.Core;

/// <summary>
/// The moments at which the feeds of one interval tick: whole multiples of it, so that feeds of the same channels
/// find the same rows and share what is encoded. Its timer runs only while something waits.
/// </summary>
internal sealed class TickGrid : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly WorkPool _work;
    private readonly TimeSpan _interval;
    private readonly ITimer _timer;
    private List<IThreadPoolWorkItem> _waiting = []; // Used under _gate.

    public TickGrid(TimeSpan interval, TimeProvider time, WorkPool work)
    {
        _interval = interval;
        _time = time;
        _work = work;
        _timer = time.CreateTimer(_ => OnTick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the timer runs.</summary>
    public bool IsArmed
    {
        get
        {
            lock (_gate)
                return _waiting.Count > 0;
        }
    }

    public void Schedule(IThreadPoolWorkItem item)
    {
        lock (_gate)
        {
            _waiting.Add(item);
            if (_waiting.Count == 1)
                _timer.Change(UntilNext(), Timeout.InfiniteTimeSpan);
        }
    }

    public void Unschedule(IThreadPoolWorkItem item)
    {
        lock (_gate)
        {
            if (_waiting.Remove(item) && _waiting.Count == 0)
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private TimeSpan UntilNext()
    {
        var now = _time.GetElapsedTime(0);
        return TimeSpan.FromTicks(_interval.Ticks - (now.Ticks % _interval.Ticks));
    }

    private void OnTick()
    {
        List<IThreadPoolWorkItem> due;
        lock (_gate)
            (due, _waiting) = (_waiting, []);
        foreach (var item in due)
            _work.Post(item);
    }
}
