using System.Globalization;
using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>Sends a partition's blocks, and puts right what keeps Redis from taking one.</summary>
internal sealed class PartitionAppender(
    ChannelRegistry registry,
    PartitionCaller caller,
    PartitionDelivery delivery,
    PartitionFollower follower,
    SchemaCache schemas,
    Seeder seeder,
    Func<string, Task> askOthers,
    HubServerMetrics metrics,
    TimeProvider time)
{
    private const int MaxTries = 8;
    private const int RetryMs = 1_000;

    /// <summary>How long a node that lacks what Redis lost of a channel waits for one that has it.</summary>
    private static readonly TimeSpan OthersMayHelp = TimeSpan.FromMilliseconds(150);

    /// <summary>How long after a new generation was seen a node may not yet have given back what it keeps.</summary>
    private static readonly TimeSpan AllHaveHelped = TimeSpan.FromSeconds(2);

    /// <summary>Appends blocks, at most one of a channel.</summary>
    /// <exception cref="ProtocolException">Redis did not answer: the outcome is unknown.</exception>
    public async ValueTask<AppendResult[]> AppendAsync(IReadOnlyList<Block> blocks, CancellationToken cancellationToken)
    {
        var results = new AppendResult[blocks.Count];
        var open = Enumerable.Range(0, blocks.Count).ToArray();
        try
        {
            for (var i = 0; i < MaxTries && open.Length > 0; i++)
                open = await AppendAsync(blocks, open, results, cancellationToken);
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            metrics.CountBackplane(BackplaneEvent.CallFailed);
            var error = RedisFailures.Read(failure) == RedisFailure.MayNotWrite
                ? NotTaken(failure)
                : new ItemError(ErrorCode.BackplaneUnavailable, "Redis did not answer; whether the rows were taken is unknown, and a retry with the same publisherId and sequence takes them once");
            if (error.Code == ErrorCode.BackplaneUnavailable && open.Length == blocks.Count)
                throw new ProtocolException(error.Code, error.Message);

            // What the calls before took stays taken.
            foreach (var i in open)
                results[i] = new AppendResult(AppendStatus.Refused, Error: error);
            return results;
        }

        foreach (var i in open)
            results[i] = new AppendResult(AppendStatus.Refused, Error: new ItemError(ErrorCode.Overloaded, $"channel '{blocks[i].Channel}' does not come to rest in Redis; nothing was written, try again", RetryMs: RetryMs));
        return results;
    }

    /// <summary>One call with the blocks that have no result yet; those that still have none.</summary>
    private async Task<int[]> AppendAsync(IReadOnlyList<Block> blocks, int[] open, AppendResult[] results, CancellationToken cancellationToken)
    {
        var call = caller.NewCall();
        var sent = Array.ConvertAll(open, i => blocks[i]);
        var held = Array.ConvertAll(sent, block => registry.Find(block.Channel)?.Epoch ?? "");
        for (var i = 0; i < sent.Length; i++)
            call.Append(sent[i], held[i], CapacityOf(sent[i]));
        var reply = await caller.RunUntilAnsweredAsync(call, cancellationToken);
        if (reply.IsLate)
            return open;
        if (delivery.Deliver(reply, sent))
            _ = follower.CheckAsync();

        var left = new List<int>();
        var odd = new List<(ChannelId Id, string Held, OperationResult Result)>();
        for (var i = 0; i < open.Length; i++)
        {
            if (Answer(sent[i], reply.Results[i]) is { } answer)
            {
                results[open[i]] = answer;
                continue;
            }

            left.Add(open[i]);
            odd.Add((sent[i].Channel, held[i], reply.Results[i]));
        }

        try
        {
            if (odd.Count > 0)
                await PutRightAsync(odd, reply.Generation);
            return [.. left];
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            // What kept Redis from taking these blocks could not be put right; the others have their answers.
            foreach (var i in left)
                results[i] = new AppendResult(AppendStatus.Refused, Error: NotTaken(failure));
            return [];
        }
    }

    /// <summary>Null where the block can be sent again, once what is wrong was put right.</summary>
    private AppendResult? Answer(Block block, OperationResult result)
    {
        switch (result.Status)
        {
            case OperationStatus.Ok:
                return new AppendResult(AppendStatus.Appended, result.Epoch, result.Offset, block.Count);
            case OperationStatus.Again:
                metrics.CountBackplane(BackplaneEvent.DuplicateRefused);
                return new AppendResult(AppendStatus.Appended, result.Epoch, result.Offset, result.Count);
            case OperationStatus.Old:
                return Refuse(string.Create(CultureInfo.InvariantCulture, $"sequence {block.Sequence} of publisher '{block.PublisherId}' comes after {result.Offset} was taken; sequences go up"), block);
            case OperationStatus.Stale when result.Schema is not null:
                metrics.CountBackplane(BackplaneEvent.StaleSchemaRefused);
                return new AppendResult(AppendStatus.StaleSchema, Schema: result.Schema);
            case OperationStatus.Empty:
                metrics.CountBackplane(BackplaneEvent.EmptyRefused);
                return null;
            case OperationStatus.Foreign:
                metrics.CountBackplane(BackplaneEvent.ForeignRefused);
                return null;
            default:
                return null;
        }
    }

    /// <summary>
    /// Brings back what Redis lost of channels: the fields that their rows were written with, and what this node or another
    /// one has of them, where it is not this node that is out of date. All of a call's at once, since the partition's next
    /// call waits for it.
    /// </summary>
    private async Task PutRightAsync(List<(ChannelId Id, string Held, OperationResult Result)> odd, string generation)
    {
        var fieldless = odd.Where(static one => one.Result.Status == OperationStatus.Stale).ToList();
        await schemas.ExchangeAsync([.. fieldless.Select(static one => one.Result.State!.SchemaHash)]);
        fieldless.RemoveAll(one => schemas.Find(one.Result.State!.SchemaHash) is not null);

        var alone = new List<(Channel Channel, string Held, string Found)>();
        foreach (var one in odd.Where(static one => one.Result.Status != OperationStatus.Stale))
        {
            if (registry.Find(one.Id) is not { } channel || channel.Epoch != one.Held)
                continue;
            delivery.Suspect(one.Id);
            var isOutdated = one.Result.Status == OperationStatus.Gone || one.Result.State?.IsAsNewAs(channel) == true;
            if (!isOutdated && !channel.IsFollowed)
                alone.Add((channel, one.Held, one.Result.State?.Epoch ?? ""));
        }

        // Every node gives back what it keeps as soon as it sees the new generation, so later nobody is waited for.
        var isNew = generation != delivery.Generation || delivery.GenerationAge < AllHaveHelped;
        if (fieldless.Count > 0 || (alone.Count > 0 && isNew))
        {
            await Task.WhenAll(fieldless.Select(static one => one.Id).Concat(alone.Select(static one => one.Channel.Id)).Select(id => askOthers(id.Text)));
            await Task.Delay(OthersMayHelp, time);
        }

        await follower.CheckAsync();
        foreach (var (id, _, result) in fieldless)
        {
            // Where no node knows the fields, nobody can read the rows again, and the channel begins anew.
            if (await schemas.GetAsync(result.State!.SchemaHash) is null)
                await RemoveAsync(id, result.State.Epoch, null, CancellationToken.None);
        }

        await seeder.SeedAsync(alone.Where(static one => one.Channel.Epoch == one.Held).Select(static one => (one.Channel, one.Found)));
        await follower.CheckAsync();
    }

    /// <summary>Removes a channel that is in this epoch, and, where that is said, has no further rows.</summary>
    public async ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken)
    {
        var call = caller.NewQuestion();
        call.Remove(channel.Text, epoch, next);
        var result = (await caller.RunUntilAnsweredAsync(call, cancellationToken)).Results[0];
        if (result.Status == OperationStatus.Ok)
            delivery.Remove(channel, result.State?.Epoch ?? epoch);
        else if (result.Status is not (OperationStatus.Empty or OperationStatus.Gone))
            return false;

        // A channel that Redis lost goes where its node had kept it for a publisher that did not come.
        delivery.Remove(channel, epoch);
        return true;
    }

    private int CapacityOf(Block block) => registry.LimitsOf(block.Channel, block.Settings).Capacity;

    private static ItemError NotTaken(Exception failure) => new(ErrorCode.Overloaded, $"Redis takes no rows: {failure.Message}; nothing was written", RetryMs: RetryMs);

    private static AppendResult Refuse(string message, Block block) =>
        new(AppendStatus.Refused, Error: new ItemError(ErrorCode.BadRequest, message, Channel: block.Channel.Text));
}
