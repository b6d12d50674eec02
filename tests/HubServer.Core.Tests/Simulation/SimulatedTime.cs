using Microsoft.Extensions.Time.Testing;

namespace HubServer.Core.Tests.Simulation;

/// <summary>A clock that the simulation moves, and that knows which timers still run.</summary>
internal sealed class SimulatedTime() : FakeTimeProvider(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero))
{
    /// <summary>The timers that will fire.</summary>
    public int Armed { get; private set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new CountedTimer(this, callback, state);
        timer.Start(base.CreateTimer(timer.OnFired, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), dueTime, period);
        return timer;
    }

    private sealed class CountedTimer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private ITimer? _timer;
        private bool _isArmed;
        private bool _repeats;

        public void Start(ITimer timer, TimeSpan dueTime, TimeSpan period)
        {
            _timer = timer;
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Mark(dueTime != Timeout.InfiniteTimeSpan);
            _repeats = period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero;
            return _timer is not null && _timer.Change(dueTime, period);
        }

        public void Dispose()
        {
            Mark(false);
            _timer?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        public void OnFired(object? unused)
        {
            if (!_repeats)
                Mark(false);
            callback(state);
        }

        private void Mark(bool armed)
        {
            if (armed != _isArmed)
                time.Armed += armed ? 1 : -1;
            _isArmed = armed;
        }
    }
}
