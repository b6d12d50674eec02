using HubServer.Core;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>Runs the script for one partition.</summary>
internal sealed class PartitionCaller(RedisConnection connection, RedisHealth health, string prefix, string node, HubServerOptions options, HubServerMetrics metrics, TimeProvider time)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    private long _number; // Used by the one call that is in flight.
    private long _awaySince; // Since when calls fail; 0 while they do not.

    /// <summary>A call whose reply Redis remembers, so that it can be sent again.</summary>
    public PartitionCall NewCall() => new(prefix, node, ++_number, options.Publishing.RetryWindow);

    /// <summary>A call that does the same a second time, or is harmless.</summary>
    public PartitionCall NewQuestion(bool isTick = false) => new(prefix, node, 0, options.Publishing.RetryWindow, isTick);

    /// <summary>Runs a call once. Whatever a node writes into the partition begins with one, so a node that takes no part writes nothing.</summary>
    public Task<PartitionReply> RunAsync(PartitionCall call) =>
        health.Obstacle is { } obstacle ? throw new RedisException(obstacle) : PartitionScript.RunAsync(connection.Database, call);

    /// <summary>
    /// Runs a call, and again as it is while its outcome is unknown: until an answer comes, or calls have failed for as long
    /// as publishers wait.
    /// </summary>
    public async Task<PartitionReply> RunUntilAnsweredAsync(PartitionCall call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var reply = await RunAsync(call);
                Volatile.Write(ref _awaySince, 0);
                return reply;
            }
            catch (Exception failure) when (RedisFailures.IsRedis(failure) && RedisFailures.Read(failure) != RedisFailure.MayNotWrite && !HasWaited())
            {
                metrics.CountBackplane(BackplaneEvent.CallRepeated);
                await TryReconfigureAsync(failure);
                await Task.Delay(RetryPause, time, cancellationToken);
            }
        }
    }

    /// <summary>Looks for another primary, where this one says that it is none or does not answer at all.</summary>
    public async Task TryReconfigureAsync(Exception failure)
    {
        if (failure is not RedisConnectionException && RedisFailures.Read(failure) != RedisFailure.NotYet)
            return;
        try
        {
            await connection.ReconfigureAsync();
        }
        catch (Exception unreached) when (RedisFailures.IsRedis(unreached))
        {
            // The next failure asks again.
        }
    }

    private bool HasWaited()
    {
        var now = time.GetTimestamp();
        var since = Interlocked.CompareExchange(ref _awaySince, now, 0);
        return since != 0 && time.GetElapsedTime(since, now) >= options.Backplane.Redis.PublishTimeout;
    }
}
