namespace HubServer.AspNetCore.Sources;

/// <summary>What two readings of a counter say about the time between them.</summary>
internal static class Rate
{
    /// <summary>
    /// The counts per second; null where the counter went backwards, since a counter that wrapped or started again
    /// does not say how far it had come.
    /// </summary>
    public static double? PerSecond(ulong last, ulong now, TimeSpan elapsed)
    {
        if (now < last || elapsed <= TimeSpan.Zero)
            return null;
        return (now - last) / elapsed.TotalSeconds;
    }

    /// <summary>
    /// The share of the time in percent, for a counter of milliseconds; at most 100, since the counter's clock and
    /// ours are not read at the same moment.
    /// </summary>
    public static double? Percent(ulong lastMilliseconds, ulong nowMilliseconds, TimeSpan elapsed)
    {
        var millisecondsPerSecond = PerSecond(lastMilliseconds, nowMilliseconds, elapsed);
        return millisecondsPerSecond is { } value ? Math.Min(100, value / 10) : null;
    }
}
