using System.Diagnostics.CodeAnalysis;
using HubServer.Core;
using Microsoft.Extensions.Logging;

namespace HubServer.Redis;

/// <summary>Reads the pasts of channels that begin to be followed, a few at a time.</summary>
internal sealed partial class ChannelLoader(
    ChannelRegistry registry,
    PartitionDelivery delivery,
    PartitionFollower follower,
    PartitionLog log,
    TimeProvider time,
    ILogger logger,
    CancellationToken stop)
{
    private const int LoadsAtOnce = 16;
    private const int MaxTries = 20;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly Queue<Channel> _waiting = []; // Used under _gate.
    private int _running; // Used under _gate.

    /// <summary>Begins to follow a channel, where the node does not yet.</summary>
    public void Load(Channel channel)
    {
        if (!channel.TryBeginFollowing())
            return;
        lock (_gate)
        {
            _waiting.Enqueue(channel);
            if (_running == LoadsAtOnce)
                return;
            _running++;
        }

        _ = LoadAsync();
    }

    private async Task LoadAsync()
    {
        while (TryTake(out var channel))
        {
            try
            {
                while (!await TryLoadAsync(channel) && !stop.IsCancellationRequested)
                    await Task.Delay(RetryPause, time, CancellationToken.None);
            }
            catch (Exception failure)
            {
                Log.Failed(logger, channel.Id.Text, failure);
            }
        }
    }

    private bool TryTake([NotNullWhen(true)] out Channel? channel)
    {
        lock (_gate)
        {
            if (!stop.IsCancellationRequested && _waiting.TryDequeue(out channel))
                return true;
            _running--;
            channel = null;
            return false;
        }
    }

    /// <summary>False where Redis did not answer.</summary>
    private async Task<bool> TryLoadAsync(Channel channel)
    {
        try
        {
            var isChecked = false;
            for (var i = 0; i < MaxTries; i++)
            {
                var head = channel.ReadHead();
                var past = await log.ReadNewestAsync(channel.Id, head.Limits.Capacity, head.Limits.MaxBytes);
                if (!isChecked && !IsOf(channel, head, past))
                {
                    // The log has other rows than the node thinks: it asks how far the channel has come, and reads again.
                    delivery.Suspect(channel.Id);
                    await follower.CheckAsync();
                    isChecked = true;
                    continue;
                }

                var next = channel.ReadHead().Next;
                var isShort = past.Count == 0 || past[^1].End < next;
                var result = channel.Fill(head.Epoch, isShort ? next : past[0].Offset, isShort ? [] : past);
                if (result == FillResult.OtherEpoch)
                    continue;
                if (result == FillResult.Behind)
                {
                    delivery.Suspect(channel.Id);
                    await follower.CheckAsync();
                }

                registry.Offer(channel);
                return true;
            }
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            // It is asked again.
        }

        return false;
    }

    private static bool IsOf(Channel channel, ChannelHead head, List<LoggedBlock> past)
    {
        if (past.Count == 0 || past[^1].End < head.Next)
            return false;
        return past[^1].Epoch == head.Epoch || (past[^1].End <= head.Next && channel.EndOf(past[^1].Epoch) is not null);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The past of {Channel} could not be read; queries of it stay stale", EventName = "LoadFailed")]
        public static partial void Failed(ILogger logger, string channel, Exception failure);
    }
}
