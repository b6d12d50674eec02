using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Core;

/// <summary>Removes channels that had no new rows for their retention.</summary>
internal sealed partial class RetentionSweep : IDisposable
{
    private readonly ChannelRegistry _registry;
    private readonly IBackplane _backplane;
    private readonly ILogger _logger;
    private readonly HubServerMetrics _metrics;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private TimeSpan _period; // Used under _gate.
    private bool _isFailing; // Exchanged, as sweeps may overlap: a backplane that refuses is said once, not at every sweep.

    public RetentionSweep(ChannelRegistry registry, IBackplane backplane, TimeSpan shortestRetention, TimeProvider time, HubServerMetrics metrics, ILogger logger)
    {
        _registry = registry;
        _backplane = backplane;
        _metrics = metrics;
        _logger = logger;
        _period = PeriodOf(shortestRetention.TotalMilliseconds);
        _timer = time.CreateTimer(_ => _ = SweepAsync(), null, _period, _period);
    }

    /// <summary>Sweeps more often from now on, if a channel was given a retention that is shorter than all before.</summary>
    public void Hurry(double? retentionMs)
    {
        if (retentionMs is null)
            return;
        lock (_gate)
        {
            var period = PeriodOf(retentionMs.Value);
            if (period >= _period)
                return;
            _period = period;
            _timer.Change(period, period);
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>A tenth of a retention keeps a removal close to its time without scanning often.</summary>
    private static TimeSpan PeriodOf(double retentionMs) => TimeSpan.FromMilliseconds(Math.Clamp(retentionMs / 10, 100, 10_000));

    private async Task SweepAsync()
    {
        try
        {
            // In the order of their ids, so that the same history removes in the same order.
            var idle = _registry.Channels.Where(channel => channel.Idle >= channel.Limits.Retention);
            foreach (var channel in idle.OrderBy(channel => channel.Id.Text, StringComparer.Ordinal))
            {
                // The head is read before the idle time: a row that comes between the two makes the removal void.
                var next = channel.ReadHead().Next;
                if (channel.Idle < channel.Limits.Retention || !await _backplane.RemoveAsync(channel.Id, channel.Epoch, next, CancellationToken.None))
                    continue;
                _metrics.CountRemoved("retention");
                Log.Removed(_logger, channel.Id.Text, channel.Limits.Retention);
            }

            Volatile.Write(ref _isFailing, false);
        }
        catch (Exception failure)
        {
            if (!Interlocked.Exchange(ref _isFailing, true))
                Say(failure);
        }
    }

    /// <summary>What the backplane refuses says why in its text; only of what nobody expected is it worth knowing where it came from.</summary>
    private void Say(Exception failure)
    {
        if (failure is ProtocolException)
            Log.Refused(_logger, failure.Message);
        else
            Log.Failed(_logger, failure);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Removed {Channel}, which had no new rows for {Retention}", EventName = "ChannelRemoved")]
        public static partial void Removed(ILogger logger, string channel, TimeSpan retention);

        [LoggerMessage(2, LogLevel.Warning, "Could not remove idle channels; every sweep tries again, and this is said once until one succeeds", EventName = "SweepFailed")]
        public static partial void Failed(ILogger logger, Exception failure);

        [LoggerMessage(3, LogLevel.Warning, "Could not remove idle channels; every sweep tries again, and this is said once until one succeeds: {Failure}", EventName = "SweepRefused")]
        public static partial void Refused(ILogger logger, string failure);
    }
}
