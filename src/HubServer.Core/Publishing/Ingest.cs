using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Core;

/// <summary>The one way in for rows: validates them and hands them to the publisher of their channel's partition.</summary>
public sealed class Ingest
{
    /// <summary>Each try starts from the schema that refused the one before, so more would mean a storm of new fields.</summary>
    private const int MaxSchemaTries = 16;

    private readonly ChannelRegistry _registry;
    private readonly ChannelRules _rules;
    private readonly IBackplane _backplane;
    private readonly HubServerOptions _options;
    private readonly TimeProvider _time;
    private readonly HubServerMetrics _metrics;
    private readonly Publisher[] _publishers;

    internal Ingest(ChannelRegistry registry, ChannelRules rules, IBackplane backplane, HubServerOptions options, TimeProvider time, HubServerMetrics metrics, WorkPool work, ILogger logger)
    {
        _registry = registry;
        _rules = rules;
        _backplane = backplane;
        _options = options;
        _time = time;
        _metrics = metrics;

        // An equal share each: one budget for all would leave a publisher waiting for room that only another can make.
        _publishers = new Publisher[backplane.Partitions];
        var maxPendingBytes = Math.Max(options.Publishing.MaxBlockBytes, options.Publishing.MaxPendingBytes / _publishers.Length);
        for (var i = 0; i < _publishers.Length; i++)
            _publishers[i] = new Publisher(i, backplane, options.Publishing, maxPendingBytes, metrics, work, logger);
    }

    /// <summary>The rows that wait for the backplane.</summary>
    public int PendingRows => _publishers.Sum(publisher => publisher.PendingRows);

    /// <summary>About what they take, in bytes.</summary>
    public long PendingBytes => _publishers.Sum(publisher => publisher.PendingBytes);

    /// <summary>Publishes rows to one channel.</summary>
    /// <exception cref="ProtocolException">The rows contradict the channel's schema or pass a limit: nothing was written.</exception>
    public ValueTask<PublishResult> PublishAsync(ChannelId channel, Rows rows, CancellationToken cancellationToken = default)
    {
        var known = _registry.Find(channel);
        var bound = Validate(channel, known, rows, SchemaOf(known));
        return AppendAsync(bound, rows, null, 0, cancellationToken);
    }

    /// <summary>
    /// Gives a channel settings of its own, in place of those that it had; one that is not there comes into being.
    /// </summary>
    /// <exception cref="ProtocolException">The settings contradict the channel's schema or pass a limit, or the backplane did not take them.</exception>
    public async ValueTask ConfigureAsync(ChannelId channel, ChannelSettings settings, CancellationToken cancellationToken = default)
    {
        var known = _registry.Find(channel);
        RequireRoom(channel, known);
        var publisher = _publishers[_backplane.PartitionOf(channel)];
        var schema = SchemaOf(known);
        for (var tries = 0; tries < MaxSchemaTries; tries++)
        {
            var answer = await publisher.AppendAsync(SettingsBinder.Bind(channel, settings, schema, _rules), cancellationToken);
            if (answer.Status == AppendStatus.Appended)
                return;
            if (answer.Status == AppendStatus.Refused)
                throw new ProtocolException(answer.Error?.Code ?? ErrorCode.Internal, answer.Error?.Message ?? "the backplane gave no reason");
            schema = answer.Schema ?? Schema.Empty;
        }

        throw SchemaStorm(channel);
    }

    /// <summary>Publishes rows to several channels; all are validated before the first is written.</summary>
    /// <returns>One result for each batch, in order.</returns>
    /// <exception cref="ProtocolException">A batch is wrong: nothing was written.</exception>
    public async ValueTask<PublishResult[]> PublishAsync(PublishRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Level == PublishLevel.Replicated)
            throw ProtocolException.BadRequest("level 'replicated' needs a backplane with replicas; this one takes 'logged'");

        var bound = Validate(request);
        var results = new Task<PublishResult>[bound.Length];
        var latest = new Dictionary<ChannelId, Task>(results.Length);
        for (var i = 0; i < results.Length; i++)
        {
            // A channel's batches go one after the other; those of different channels travel together.
            if (latest.TryGetValue(bound[i].Channel, out var earlier))
                await earlier;
            results[i] = AppendAsync(bound[i], request.Batches[i].Rows, request.PublisherId, request.Sequence ?? 0, cancellationToken).AsTask();
            latest[bound[i].Channel] = results[i];
        }

        return await Task.WhenAll(results);
    }

    private BoundRows[] Validate(PublishRequest request)
    {
        if (request.PublisherId?.Length > _options.Channels.MaxIdLength)
            throw ProtocolException.LimitExceeded("Channels:MaxIdLength", $"publisherId has {request.PublisherId.Length} characters; the limit is {_options.Channels.MaxIdLength}");

        var schemas = new Dictionary<ChannelId, Schema>(request.Batches.Count);
        var added = 0;
        var bound = new BoundRows[request.Batches.Count];
        for (var i = 0; i < bound.Length; i++)
        {
            try
            {
                var channel = ChannelId.Parse(request.Batches[i].Channel);
                var seen = schemas.TryGetValue(channel, out var schema);
                if (seen && request.PublisherId is not null)
                    throw ProtocolException.BadRequest($"channel '{channel}' occurs twice; with a publisherId a channel has one batch");
                var known = _registry.Find(channel);
                bound[i] = Validate(channel, known, request.Batches[i].Rows, schema ?? SchemaOf(known));
                schemas[channel] = bound[i].Schema;
                if (!seen && known is null && _registry.Count + ++added > _options.Channels.MaxChannels)
                    throw TooManyChannels(channel);
                RequireOneBlock(bound[i], request.PublisherId);
            }
            catch (ProtocolException error)
            {
                throw error.At($"batches[{i}]");
            }
        }

        return bound;
    }

    private BoundRows Validate(ChannelId channel, Channel? known, Rows rows, Schema schema)
    {
        try
        {
            RequireRoom(channel, known);
            return RowBinder.Bind(channel, rows, schema, Now(), _rules);
        }
        catch (ProtocolException)
        {
            _metrics.CountRefused(rows.Count);
            throw;
        }
    }

    private void RequireRoom(ChannelId channel, Channel? known)
    {
        var limits = _options.Channels;
        if (channel.Text.Length > limits.MaxIdLength)
            throw ProtocolException.LimitExceeded("Channels:MaxIdLength", $"channel id '{channel.Text[..Math.Min(32, limits.MaxIdLength)]}…' has {channel.Text.Length} characters; the limit is {limits.MaxIdLength}");
        if (channel.Labels.Count > limits.MaxLabels)
            throw ProtocolException.LimitExceeded("Channels:MaxLabels", $"channel '{channel}' has {channel.Labels.Count} labels; the limit is {limits.MaxLabels}");
        if (known is not null)
            return;
        if (_registry.Count >= limits.MaxChannels)
            throw TooManyChannels(channel);
        if (_registry.RingBytes.IsExhausted)
            throw ProtocolException.LimitExceeded("Channels:MaxTotalBytes", $"channel '{channel}' would be new, and the rows of the others take all of the {_registry.RingBytes.Limit} bytes there are; remove channels, or lower their capacity or retention");
    }

    private void RequireOneBlock(BoundRows bound, string? publisherId)
    {
        var limits = _options.Publishing;
        if (publisherId is not null && bound.BlockLength(0, limits) < bound.Count)
            throw ProtocolException.LimitExceeded(bound.Count > limits.MaxBlockRows ? "Publishing:MaxBlockRows" : "Publishing:MaxBlockBytes", $"with a publisherId a batch is one block: at most {limits.MaxBlockRows} rows or {limits.MaxBlockBytes} bytes");
    }

    private ProtocolException TooManyChannels(ChannelId channel) =>
        ProtocolException.LimitExceeded("Channels:MaxChannels", $"channel '{channel}' would be one more than the limit of {_options.Channels.MaxChannels} channels");

    private async ValueTask<PublishResult> AppendAsync(BoundRows bound, Rows rows, string? publisherId, long sequence, CancellationToken cancellationToken)
    {
        var publisher = _publishers[_backplane.PartitionOf(bound.Channel)];
        var result = new PublishResult(bound.Channel.Text, "", -1, 0);
        if (publisher.IsFull)
            return result with { Error = Full(publisher) };

        var tries = 0;
        var sent = 0;
        while (sent < bound.Count)
        {
            var count = bound.BlockLength(sent, _options.Publishing);
            var answer = await publisher.AppendAsync(bound.ToBlock(sent, count, publisherId, sequence), cancellationToken);
            switch (answer.Status)
            {
                case AppendStatus.Appended:
                    // The count is the answer's: a retry with other rows than the first time is told of the first ones.
                    result = sent == 0
                        ? result with { Epoch = answer.Epoch, Offset = answer.Offset, Count = answer.Count }
                        : result with { Count = result.Count + answer.Count };
                    sent += count;

                    // The rows that follow were validated together with these, so they now stand on the schema with their fields.
                    bound = bound with { BaseHash = bound.Schema.Hash };
                    break;
                case AppendStatus.StaleSchema when ++tries < MaxSchemaTries:
                    if (TryRebind(ref bound, rows, answer.Schema ?? Schema.Empty, publisherId) is { } conflict)
                        return result with { Error = conflict };
                    break;
                case AppendStatus.StaleSchema:
                    var storm = SchemaStorm(bound.Channel);
                    return result with { Error = new ItemError(storm.Code, storm.Message) };
                default:
                    return result with { Error = answer.Error };
            }
        }

        return result;
    }

    private ItemError Full(Publisher publisher)
    {
        var limit = publisher.PendingRows >= _options.Publishing.MaxPendingRows ? "Publishing:MaxPendingRows" : "Publishing:MaxPendingBytes";
        _metrics.CountLimit(limit);
        return new ItemError(ErrorCode.Overloaded, $"{publisher.PendingRows} rows wait for the backplane already; try again later (HubServer:{limit})", RetryMs: 1_000);
    }

    private static ProtocolException SchemaStorm(ChannelId channel) =>
        new(ErrorCode.Overloaded, $"the schema of channel '{channel}' changes faster than rows can be validated; try again");

    private ItemError? TryRebind(ref BoundRows bound, Rows rows, Schema current, string? publisherId)
    {
        try
        {
            bound = RowBinder.Bind(bound.Channel, rows, current, Now(), _rules);

            // Fields that came up since make rows longer, and a second block of the same sequence would pass for a retry of the first.
            RequireOneBlock(bound, publisherId);
            return null;
        }
        catch (ProtocolException error)
        {
            _metrics.CountRefused(rows.Count);
            _metrics.CountLimit(error.Limit);
            return new ItemError(error.Code, error.Message, Channel: bound.Channel.Text);
        }
    }

    private static Schema SchemaOf(Channel? channel) => channel?.ReadHead().Schema ?? Schema.Empty;

    private double Now() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
}
