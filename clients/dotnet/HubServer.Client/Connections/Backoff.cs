namespace HubServer.Client;

/// <summary>
/// Spreads attempts: each failure in a row doubles the time of which the next attempt waits a random part, so that the
/// clients of a server that comes back do not come all at once. Safe from any thread.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan cap)
{
    private const int MaxFailures = 40; // Far beyond any cap, and 2^40 is still exact.

    private int _failures;

    public Backoff(HubServerClientOptions options)
        : this(options.FirstRetryDelay, options.MaxRetryDelay)
    {
    }

    /// <summary>The attempt failed.</summary>
    public void Fail()
    {
        if (Volatile.Read(ref _failures) < MaxFailures)
            Interlocked.Increment(ref _failures);
    }

    /// <summary>It works again.</summary>
    public void Reset() => Volatile.Write(ref _failures, 0);

    /// <summary>How long the next attempt waits; not at all where none failed.</summary>
    public TimeSpan Next() => Most() * Random.Shared.NextDouble();

    /// <summary>The most that the next attempt may wait.</summary>
    public TimeSpan Most()
    {
        var failures = Volatile.Read(ref _failures);
        return failures == 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Min(cap.Ticks, first.Ticks * Math.Pow(2, failures - 1)));
    }
}
