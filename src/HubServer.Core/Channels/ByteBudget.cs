namespace HubServer.Core;

/// <summary>Bytes that many rings share: how many there are, and how many are taken. Safe from any thread.</summary>
internal sealed class ByteBudget(long limit)
{
    private long _taken; // Changed by Interlocked.

    public long Limit => limit;

    public long Taken => Volatile.Read(ref _taken);

    public bool IsExhausted => Taken >= limit;

    /// <summary>What is left, below zero where several takers passed the limit at once.</summary>
    public long Free => limit - Taken;

    public void Take(long bytes) => Interlocked.Add(ref _taken, bytes);
}
