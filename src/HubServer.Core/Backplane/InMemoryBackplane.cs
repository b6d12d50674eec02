using System.Globalization;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>The backplane of a single node: a lock and a call. The rings are its log.</summary>
public sealed class InMemoryBackplane : IBackplane
{
    private readonly Partition[] _partitions;
    private readonly RetryWindow[] _retries;
    private readonly string _generation;
    private ChannelRegistry? _registry;

    /// <summary>Creates an empty backplane, which is a new generation: no epoch of an earlier process is known to it.</summary>
    public InMemoryBackplane(HubServerOptions options, TimeProvider time)
    {
        _generation = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks.ToString("x", CultureInfo.InvariantCulture);
        _partitions = new Partition[options.Partitions];
        _retries = new RetryWindow[options.Partitions];
        for (var i = 0; i < _partitions.Length; i++)
        {
            _partitions[i] = new Partition();
            _retries[i] = new RetryWindow(options.Publishing, time);
        }
    }

    /// <inheritdoc/>
    public int Partitions => _partitions.Length;

    /// <inheritdoc/>
    public void Start(ChannelRegistry registry) => _registry = registry;

    /// <inheritdoc/>
    public ValueTask<AppendResult[]> AppendAsync(int partition, IReadOnlyList<Block> blocks, CancellationToken cancellationToken)
    {
        var results = new AppendResult[blocks.Count];
        var state = _partitions[partition];

        // Delivery happens under the partition's lock: that is what makes the order of delivery the order of positions.
        lock (state.Gate)
        {
            for (var i = 0; i < results.Length; i++)
                results[i] = Append(state, _retries[partition], blocks[i], partition);
        }

        return ValueTask.FromResult(results);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken)
    {
        var state = _partitions[((IBackplane)this).PartitionOf(channel)];
        lock (state.Gate)
        {
            if (!state.Heads.TryGetValue(channel, out var head) || head.Epoch != epoch || (next is not null && head.Next != next))
                return ValueTask.FromResult(false);
            state.Heads.Remove(channel);
            _registry?.Remove(channel, epoch);
        }

        return ValueTask.FromResult(true);
    }

    /// <inheritdoc/>
    public BackplaneStatus Status => BackplaneStatus.InMemory;

    /// <inheritdoc/>
    public void Follow(Channel channel)
    {
        // Every channel has its ring here.
    }

    /// <inheritdoc/>
    public bool Remembers(ChannelId channel, string epoch) =>
        epoch.StartsWith(_generation, StringComparison.Ordinal) && epoch.Length > _generation.Length && epoch[_generation.Length] == '.';

    private AppendResult Append(Partition state, RetryWindow retries, Block block, int partition)
    {
        if (block.PublisherId is not null && retries.Find(block) is { } earlier)
            return earlier;

        var known = state.Heads.TryGetValue(block.Channel, out var head);
        if ((known ? head.Schema : Schema.Empty).Hash != block.BaseHash)
            return new AppendResult(AppendStatus.StaleSchema, Schema: known ? head.Schema : Schema.Empty);

        if (!known)
            head = new Head(string.Create(CultureInfo.InvariantCulture, $"{_generation}.{partition}.{++state.Sequence}"), 0, block.Schema);
        var logged = new LoggedBlock(block, head.Epoch, head.Next);
        state.Heads[block.Channel] = head with { Next = logged.End, Schema = block.Schema };
        _registry?.Apply(logged);

        var result = new AppendResult(AppendStatus.Appended, logged.Epoch, logged.Offset, block.Count);
        if (block.PublisherId is not null)
            retries.Remember(block, result);
        return result;
    }

    private readonly record struct Head(string Epoch, long Next, Schema Schema);

    private sealed class Partition
    {
        public readonly Lock Gate = new();
        public readonly Dictionary<ChannelId, Head> Heads = [];
        public long Sequence;
    }
}
