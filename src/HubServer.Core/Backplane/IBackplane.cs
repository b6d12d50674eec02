using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// Where rows get their order and reach every node. Nothing enters a ring in any other way, so order and positions
/// are the same on every node.
/// </summary>
public interface IBackplane
{
    /// <summary>The number of partitions; a channel's is <see cref="PartitionOf"/>.</summary>
    int Partitions { get; }

    /// <summary>Delivers to this registry from now on: every block in its channel's order, and every removal.</summary>
    void Start(ChannelRegistry registry);

    /// <summary>
    /// Gives each block its position and delivers it to every node. At most one block of a channel in a call, and one
    /// call in flight for each partition.
    /// </summary>
    /// <returns>One answer for each block, in the order of the blocks.</returns>
    /// <exception cref="ProtocolException">The backplane did not answer: the outcome is unknown.</exception>
    ValueTask<AppendResult[]> AppendAsync(int partition, IReadOnlyList<Block> blocks, CancellationToken cancellationToken);

    /// <summary>Removes a channel from every node.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="epoch">The epoch it is in; one of another epoch stays.</param>
    /// <param name="next">The next offset, to remove it only if no rows came in after that was read; null to remove it with whatever came in.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether it was removed.</returns>
    ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken);

    /// <summary>
    /// Whether an epoch began in what the backplane still remembers: a channel of such an epoch that is not there was
    /// removed, while one of another may come back with its publisher.
    /// </summary>
    bool Remembers(ChannelId channel, string epoch);

    /// <summary>Brings the past of a channel, where the rings are not the log: the registry offers it again when its ring has it.</summary>
    void Follow(Channel channel);

    /// <summary>
    /// Brings channels up to what the backplane has, for a client that has been further in them than this node: what it
    /// lacks may still be on its way, and is no loss to announce. Gives up where the node is stale. Where the rings are the
    /// log, nobody can be further.
    /// </summary>
    ValueTask CatchUpAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>How the backplane is.</summary>
    BackplaneStatus Status { get; }

    /// <summary>The partition of a channel: a hash of its id that is the same in every process.</summary>
    int PartitionOf(ChannelId channel)
    {
        var hash = 2166136261u;
        foreach (var c in channel.Text)
            hash = (hash ^ c) * 16777619u;
        return (int)(hash % (uint)Partitions);
    }
}
