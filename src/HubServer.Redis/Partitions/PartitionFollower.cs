using HubServer.Core;
using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Redis;

/// <summary>
/// Follows a partition: takes its messages in order, and where any may be missing, asks Redis how far the channels have
/// come and reads what this node lacks. A message is no more than a hint that there is something to read.
/// </summary>
internal sealed partial class PartitionFollower(
    int partition,
    string prefix,
    RedisConnection connection,
    ChannelRegistry registry,
    Func<Channel, bool> isMine,
    PartitionCaller caller,
    PartitionDelivery delivery,
    PartitionLog log,
    SchemaCache schemas,
    Seeder seeder,
    HubServerMetrics metrics,
    TimeProvider time,
    ILogger logger) : IDisposable
{
    private const int MaxChecks = 200;
    private const int MaxTries = 10;
    private const int ReadsAtOnce = 32;

    /// <summary>A Redis that refuses a repair, for want of memory say, will not take it a moment later.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _turn = new(1, 1); // Held while a message is taken, or Redis is asked.
    private volatile bool _needsRepair = true;
    private volatile bool _isLost; // Whether the repair that is needed is one after another.
    private long _refused; // A timestamp: when Redis last refused a repair; 0 where it did not.
    private long _heard; // A timestamp: of the last message.
    private long _verified; // A timestamp: when this node was last known to have everything.

    /// <summary>Whether the node has the partition's channels as they were when it last looked.</summary>
    public bool IsComplete => !_needsRepair;

    /// <summary>When the last message came.</summary>
    public long Heard => Volatile.Read(ref _heard);

    /// <summary>When a message last came of which the node lacked nothing.</summary>
    public long Verified => Volatile.Read(ref _verified);

    /// <summary>Takes a message; they come one at a time and in order.</summary>
    public async Task OnMessageAsync(ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _heard, time.GetTimestamp());
        var message = PartitionMessage.Read(bytes);
        if (message is null)
            metrics.CountBackplane(BackplaneEvent.Damaged);
        await _turn.WaitAsync();
        try
        {
            if (message is { Wanted: { } wanted })
                await TryHelpAsync(wanted);
            else if (message is null || _needsRepair || !delivery.TryDeliver(message))
                await TryRepairAsync();
            await TryCheckSuspectsAsync();
            if (!_needsRepair)
                Volatile.Write(ref _verified, time.GetTimestamp());
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Does what is due without a message.</summary>
    public async Task OnTimerAsync(TimeSpan parkedFor)
    {
        if (_needsRepair ? IsRefused() : !delivery.SuspectParked(parkedFor))
            return;
        await _turn.WaitAsync();
        try
        {
            if (_needsRepair)
                await TryRepairAsync();
            await TryCheckSuspectsAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Asks about the channels that are suspects.</summary>
    public async Task CheckAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await TryCheckSuspectsAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Asks about these channels, after what is missing of the partition; false where Redis did not answer.</summary>
    public async Task<bool> TryCatchUpAsync(IEnumerable<Channel> channels)
    {
        await _turn.WaitAsync();
        try
        {
            if (_needsRepair)
                await TryRepairAsync();
            foreach (var channel in channels)
                delivery.Suspect(channel.Id);
            await TryCheckSuspectsAsync();
            return !_needsRepair;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends following.</summary>
    public void Dispose() => _turn.Dispose();

    /// <summary>Gives Redis what it lost of a channel: the fields, which whoever knows the channel has, and the rows.</summary>
    private async Task TryHelpAsync(string wanted)
    {
        if (delivery.ChannelOf(wanted) is not { } channel)
            return;
        try
        {
            await schemas.ExchangeAsync([channel.ReadHead().Schema.Hash]);
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            // Whoever asked looks once, and asks again with the next rows.
        }

        if (channel.IsFollowed)
            delivery.Suspect(channel.Id);
    }

    private bool IsRefused() => Volatile.Read(ref _refused) is var since and not 0 && time.GetElapsedTime(since) < RefusedPause;

    private async Task TryRepairAsync()
    {
        _needsRepair = true;
        try
        {
            await RepairAllAsync();
            (_needsRepair, _isLost) = (false, false);
            Volatile.Write(ref _refused, 0);
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            if (!_isLost)
                Log.NotRepaired(logger, partition, failure.Message);
            _isLost = true;
            Volatile.Write(ref _refused, RedisFailures.Read(failure) == RedisFailure.MayNotWrite ? time.GetTimestamp() : 0);
            await caller.TryReconfigureAsync(failure);
        }
    }

    private async Task TryCheckSuspectsAsync()
    {
        if (_needsRepair)
            return;
        try
        {
            for (var i = 0; i < MaxTries && delivery.TakeSuspects() is { Length: > 0 } suspects; i++)
                await CheckSomeAsync(suspects);
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            // Who they were is forgotten, so everything is looked at.
            _needsRepair = true;
            await caller.TryReconfigureAsync(failure);
        }
    }

    /// <summary>
    /// (1) Ask about every followed channel, on the primary, with which a new generation begins where there is one.
    /// (2) Read the directory. (3) Take over the channels that are not followed. (4) Bring the followed ones up to date.
    /// </summary>
    private async Task RepairAllAsync()
    {
        for (var i = 0; i < MaxTries; i++)
        {
            var followed = registry.Channels.Where(channel => channel.WantsBlocks && isMine(channel)).ToArray();
            var (generation, sequence, results) = await AskAsync(followed);
            var directory = await PartitionDirectory.ReadAsync(connection.Database, prefix);
            if (directory.Generation != generation)
                continue;

            await schemas.ExchangeAsync([.. directory.Channels.Values.Select(static state => state.SchemaHash)]);
            var before = delivery.Generation;
            if (before.Length > 0)
                metrics.CountBackplane(before == generation ? BackplaneEvent.GapRepaired : BackplaneEvent.GenerationChanged);
            delivery.Adopt(directory);
            Review(directory, hasMissed: before.Length > 0);
            await ReconcileAsync(followed, results, sequence);
            if (before.Length > 0 && before != generation)
                Log.NewGeneration(logger, partition, generation, before);
            return;
        }

        throw new TimeoutException($"the generation of partition {partition} does not come to rest");
    }

    private async Task CheckSomeAsync(ChannelId[] ids)
    {
        var known = ids.Select(registry.Find).OfType<Channel>().ToArray();
        var unknown = ids.Where(id => registry.Find(id) is null).ToArray();
        var (generation, sequence, results) = await AskAsync(known);
        var found = await AskAsync(unknown);
        if (generation.Length > 0 && generation != delivery.Generation)
        {
            await TryRepairAsync();
            return;
        }

        for (var i = 0; i < unknown.Length; i++)
        {
            if (found[i].State is not { } state)
                continue;
            await schemas.GetAsync(state.SchemaHash);
            delivery.Note(unknown[i], state);
        }

        await ReconcileAsync(known, results, sequence);
    }

    private async Task<(string Generation, long Sequence, OperationResult[] Results)> AskAsync(IReadOnlyList<Channel> channels)
    {
        var (generation, sequence, results) = ("", 0L, new List<OperationResult>());
        foreach (var some in channels.Chunk(MaxChecks).DefaultIfEmpty([]))
        {
            var call = caller.NewQuestion();
            foreach (var channel in some)
                call.Check(channel.Id.Text, channel.Epoch);
            var reply = await caller.RunAsync(call);
            (generation, sequence) = (reply.Generation, reply.Sequence);
            results.AddRange(reply.Results);
        }

        return (generation, sequence, [.. results]);
    }

    private async Task<OperationResult[]> AskAsync(ChannelId[] channels)
    {
        var results = new List<OperationResult>();
        foreach (var some in channels.Chunk(MaxChecks))
        {
            var call = caller.NewQuestion();
            foreach (var channel in some)
                call.Check(channel.Text, "");
            results.AddRange((await caller.RunAsync(call)).Results);
        }

        return [.. results];
    }

    /// <summary>
    /// A channel that is not there and began in what Redis remembers was removed; another one was lost, and comes back with
    /// whoever has it. What a channel was told while the node heard nothing may count like a row, as new settings do, and
    /// show nowhere: none has been idle for longer than the node has listened.
    /// </summary>
    private void Review(PartitionDirectory directory, bool hasMissed)
    {
        foreach (var channel in registry.Channels.Where(isMine))
        {
            if (directory.Lacks(channel.Id.Text, channel.Epoch))
                delivery.Remove(channel.Id, channel.Epoch);
            else if (hasMissed)
                channel.Touch();
        }
    }

    private async Task ReconcileAsync(Channel[] channels, OperationResult[] results, long sequence)
    {
        // Each reads its own stream, and a few at a time keep the connection busy.
        foreach (var some in channels.Zip(results).Chunk(ReadsAtOnce))
            await Task.WhenAll(some.Select(pair => ReconcileAsync(pair.First, pair.Second, sequence)));
    }

    private async Task ReconcileAsync(Channel channel, OperationResult result, long sequence)
    {
        // It may have been removed since it was asked about.
        if (registry.Find(channel.Id) != channel)
            return;
        switch (result)
        {
            case { Status: OperationStatus.Gone }:
                delivery.Remove(channel.Id, channel.Epoch);
                break;
            case { Status: OperationStatus.Empty }:
                metrics.CountBackplane(BackplaneEvent.EmptyRefused);
                if (channel.IsFollowed)
                    await seeder.SeedAsync(channel, expected: "");
                break;
            case { Status: OperationStatus.Foreign, State: { } state } when !state.IsAsNewAs(channel):
                metrics.CountBackplane(BackplaneEvent.ForeignRefused);
                if (channel.IsFollowed)
                    await seeder.SeedAsync(channel, state.Epoch);
                break;
            case { State: { } state }:
                await CatchUpAsync(channel, state, sequence);
                break;
        }
    }

    private async Task CatchUpAsync(Channel channel, ChannelState state, long sequence)
    {
        await schemas.GetAsync(state.SchemaHash);
        if (!channel.WantsBlocks)
        {
            delivery.Note(channel.Id, state);
            return;
        }

        if (channel.Epoch != state.Epoch)
        {
            // Of another epoch that nothing leads to, the node has no row: it begins with the oldest that the log has.
            var isReset = state.JoinedBy(channel).Lineage.EndOf(channel.Epoch) is null;
            var past = isReset ? await log.ReadNewestAsync(channel.Id, state.Capacity, long.MaxValue) : [];
            delivery.Rebase(channel, state, past.Count > 0 ? past[0].Offset : state.Next);
        }

        var head = channel.ReadHead();
        if (!channel.IsFollowed || (head.Next >= state.Next && head.Schema.Hash == state.SchemaHash && (state.Settings is null || state.Settings == channel.Settings)))
            return;
        delivery.CatchUp(channel, state, sequence, await log.ReadFromAsync(channel.Id, head.Next));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Partition {Partition} cannot be brought up to date: {Failure}", EventName = "PartitionNotRepaired")]
        public static partial void NotRepaired(ILogger logger, int partition, string failure);

        [LoggerMessage(2, LogLevel.Debug, "Partition {Partition} is of generation {Generation}, after {Before}", EventName = "NewGeneration")]
        public static partial void NewGeneration(ILogger logger, int partition, string generation, string before);
    }
}
