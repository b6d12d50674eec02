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
        for (var i = 0; i < open.Length; i++)
        {
            try
            {
                if (await AnswerAsync(sent[i], held[i], reply.Results[i], reply.Generation) is { } answer)
                    results[open[i]] = answer;
                else
                    left.Add(open[i]);
            }
            catch (Exception failure) when (RedisFailures.IsRedis(failure))
            {
                // What kept Redis from taking this block could not be put right; the others have their answers.
                results[open[i]] = new AppendResult(AppendStatus.Refused, Error: NotTaken(failure));
            }
        }

        return [.. left];
    }

    /// <summary>Null where the block can be sent again.</summary>
    private async Task<AppendResult?> AnswerAsync(Block block, string held, OperationResult result, string generation)
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
            case OperationStatus.Stale:
                await BringBackFieldsAsync(block.Channel, result.State!);
                return null;
            case OperationStatus.Empty:
                metrics.CountBackplane(BackplaneEvent.EmptyRefused);
                await GiveBackAsync(block.Channel, held, null, generation);
                return null;
            default:
                metrics.CountBackplane(BackplaneEvent.ForeignRefused);
                await GiveBackAsync(block.Channel, held, result.State, generation);
                return null;
        }
    }

    /// <summary>Removes a channel that is in this epoch, and, where that is said, has no further rows.</summary>
    public async ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken)
    {
        var call = caller.NewQuestion();
        call.Remove(channel.Text, epoch, next);
        var result = (await caller.RunUntilAnsweredAsync(call, cancellationToken)).Results[0];
        if (result.Status == OperationStatus.Ok)
            delivery.Remove(channel, result.State?.Epoch ?? epoch);
        else if (result.Status != OperationStatus.Empty)
            return false;

        // A channel that Redis lost goes where its node had kept it for a publisher that did not come.
        delivery.Remove(channel, epoch);
        return true;
    }

    /// <summary>
    /// Gives Redis the fields back that a channel's rows were written with. Where no node knows them, nobody can read the
    /// rows again, and the channel begins anew.
    /// </summary>
    private async Task BringBackFieldsAsync(ChannelId channel, ChannelState state)
    {
        await schemas.ExchangeAsync([state.SchemaHash]);
        if (schemas.Find(state.SchemaHash) is not null)
            return;
        await askOthers(channel.Text);
        await Task.Delay(OthersMayHelp, time);
        if (await schemas.GetAsync(state.SchemaHash) is null)
            await RemoveAsync(channel, state.Epoch, null, CancellationToken.None);
    }

    /// <summary>Gives Redis the channel back that this node holds, where it is not this node that is out of date.</summary>
    private async Task GiveBackAsync(ChannelId id, string held, ChannelState? found, string generation)
    {
        if (registry.Find(id) is not { } channel || channel.Epoch != held)
            return;
        var isOutdated = found is null ? Epoch.GenerationOf(held) == generation : found.IsAsNewAs(channel);
        delivery.Suspect(id);
        if (isOutdated || channel.IsFollowed)
        {
            await follower.CheckAsync();
            return;
        }

        await askOthers(id.Text);
        await Task.Delay(OthersMayHelp, time);
        await follower.CheckAsync();
        if (registry.Find(id)?.Epoch == held)
            await seeder.SeedAsync(channel, found?.Epoch ?? "");
        await follower.CheckAsync();
    }

    private int CapacityOf(Block block) => registry.LimitsOf(block.Channel, block.Settings).Capacity;

    private static ItemError NotTaken(Exception failure) => new(ErrorCode.Overloaded, $"Redis takes no rows: {failure.Message}; nothing was written", RetryMs: RetryMs);

    private static AppendResult Refuse(string message, Block block) =>
        new(AppendStatus.Refused, Error: new ItemError(ErrorCode.BadRequest, message, Channel: block.Channel.Text));
}
