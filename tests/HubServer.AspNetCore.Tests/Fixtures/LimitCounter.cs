using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HubServer.Core;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>Listens to one server's count of what was refused for a limit.</summary>
internal sealed class LimitCounter : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _counts = [];
    private readonly MeterListener _listener = new();

    public LimitCounter(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == HubServerMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name == "hubserver.limits.reached")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => _counts.AddOrUpdate((string)tags[0].Value!, count, (_, before) => before + count));
        _listener.Start();
    }

    /// <summary>How often this option's limit refused something.</summary>
    public long this[string option] => _counts.GetValueOrDefault(option);

    public void Dispose() => _listener.Dispose();
}
