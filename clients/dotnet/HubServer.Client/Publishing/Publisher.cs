using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;

namespace HubServer.Client;

/// <summary>
/// Publishes blocks under a name of the client's own, each with a number, so that one whose outcome is unknown can be sent
/// again and is written once (PROTOCOL.md 5.2). Of each channel one block is under way at a time.
/// </summary>
internal sealed class Publisher(Caller caller, HubServerClientOptions options)
{
    // A refusal over the size of a block names the option, and both that set it begin so.
    private const string BlockLimit = "Publishing:MaxBlock";

    // So few bytes, as the server counts them, never make a message that is too long, however they are encoded.
    private readonly int _safeBytes = options.MaxMessageBytes / 8;
    private readonly string _id = options.PublisherId ?? $"net-{Guid.NewGuid():N}";
    private readonly ChannelTurns _turns = new();
    private long _sequence;

    /// <summary>Publishes rows to one channel.</summary>
    /// <returns>What became of them; an error says why those after <c>Count</c> were not taken.</returns>
    /// <exception cref="HubServerException">No call could be made at all.</exception>
    public async Task<PublishResult> PublishAsync(string channel, Rows rows, PublishLevel level, CancellationToken cancellationToken)
    {
        var id = Canonical(channel);
        var result = new PublishResult(id, "", -1, 0);
        await _turns.EnterAsync(id, cancellationToken).ConfigureAwait(false);
        try
        {
            var start = 0;
            foreach (var length in Blocks.Lengths(rows))
            {
                result = await SendAsync(result, Blocks.Slice(rows, start, length), level, cancellationToken).ConfigureAwait(false);
                if (result.Error is not null)
                    break;
                start += length;
            }

            return result;
        }
        finally
        {
            _turns.Leave(id);
        }
    }

    /// <summary>Publishes the batches of a request: those of a channel in their order, those of different channels at once.</summary>
    public async Task<PublishResult[]> PublishAsync(PublishRequest request, CancellationToken cancellationToken)
    {
        if (request.PublisherId is not null)
            return await SendAsync(request, cancellationToken).ConfigureAwait(false);

        var results = new PublishResult[request.Batches.Count];
        var ofChannel = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < results.Length; i++)
        {
            var channel = Canonical(request.Batches[i].Channel);
            if (!ofChannel.TryGetValue(channel, out var indexes))
                ofChannel.Add(channel, indexes = []);
            indexes.Add(i);
        }

        await Task.WhenAll(ofChannel.Values.Select(PublishInOrderAsync)).ConfigureAwait(false);
        return results;

        async Task PublishInOrderAsync(List<int> indexes)
        {
            foreach (var i in indexes)
                results[i] = await PublishAsync(request.Batches[i].Channel, request.Batches[i].Rows, request.Level, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The channel's id as the server would write it.</summary>
    /// <exception cref="HubServerException">It is none.</exception>
    public static string Canonical(string channel)
    {
        try
        {
            return ChannelId.Parse(channel).Text;
        }
        catch (ProtocolException wrong)
        {
            throw new HubServerException(wrong.Code, $"channel '{channel}': {wrong.Message}", innerException: wrong);
        }
    }

    /// <summary>
    /// Sends a block, in halves where the server has a lower limit than the contract's, or where the channel has fields
    /// besides that count, too.
    /// </summary>
    private async Task<PublishResult> SendAsync(PublishResult before, Rows rows, PublishLevel level, CancellationToken cancellationToken)
    {
        var result = await SendBlockAsync(before.Channel, rows, level, cancellationToken).ConfigureAwait(false);
        if (rows.Count == 1 || result.Error is not { Code: ErrorCode.LimitExceeded } error || !error.Message.Contains(BlockLimit, StringComparison.Ordinal))
            return Add(before, result);

        var half = rows.Count / 2;
        var first = await SendAsync(before, Blocks.Slice(rows, 0, half), level, cancellationToken).ConfigureAwait(false);
        return first.Error is not null ? first : await SendAsync(first, Blocks.Slice(rows, half, rows.Count - half), level, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PublishResult> SendBlockAsync(string channel, Rows rows, PublishLevel level, CancellationToken cancellationToken)
    {
        var request = new PublishRequest
        {
            Batches = [new PublishBatch(channel, rows)],
            Level = level,
            PublisherId = _id,
            Sequence = Interlocked.Increment(ref _sequence),
        };
        try
        {
            var results = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            return results is [var result] ? result : throw new HubServerException(ErrorCode.Internal, $"the server answered {results.Length} results for one batch");
        }
        catch (HubServerException refused) when (refused is { InnerException: HubException, Code: not ErrorCode.Unauthorized } or { Code: ErrorCode.LimitExceeded })
        {
            // The request has one batch, so what the hub says of the whole is that batch's own error.
            return new PublishResult(channel, "", -1, 0, new ItemError(refused.Code, refused.Message, Channel: channel));
        }
    }

    private async Task<PublishResult[]> SendAsync(PublishRequest request, CancellationToken cancellationToken)
    {
        RequireSize(request);
        return await caller.InvokeAsync<PublishResult[]>("Publish", request, Judge, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The server would end the connection over a message that is too long, and all that runs on it.</summary>
    private void RequireSize(PublishRequest request)
    {
        var bytes = request.Batches.Sum(static batch => (long)ColumnsCodec.EstimateBytes(batch.Rows.Columns));
        if (bytes <= _safeBytes)
            return;
        bytes = WireWriter.ToBytes(options.Protocol, request).Length;
        if (bytes > options.MaxMessageBytes)
            throw HubServerException.TooLarge("the publish", bytes, options.MaxMessageBytes);
    }

    /// <summary>A request is sent again as a whole while any of its batches may be taken later: those that were taken answer as before.</summary>
    private static HubServerException? Judge(PublishResult[] results)
    {
        foreach (var result in results)
        {
            if (result.Error is { } error && Diagnosis.IsTransient(error.Code))
                return Diagnosis.OfError(error);
        }

        return null;
    }

    private static PublishResult Add(PublishResult before, PublishResult result) =>
        before.Count == 0 ? result : before with { Count = before.Count + result.Count, Error = result.Error };
}
