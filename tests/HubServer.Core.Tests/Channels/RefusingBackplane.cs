using HubServer.Protocol;

namespace HubServer.Core.Tests.Channels;

/// <summary>A backplane that removes no channel while a test says why not.</summary>
internal sealed class RefusingBackplane(IBackplane inner) : IBackplane
{
    /// <summary>What a removal fails with; null where it does not.</summary>
    public Exception? Refusal { get; set; }

    /// <summary>The removals that failed.</summary>
    public int Refused { get; private set; }

    public int Partitions => inner.Partitions;

    public BackplaneStatus Status => inner.Status;

    public void Start(ChannelRegistry registry) => inner.Start(registry);

    public ValueTask<AppendResult[]> AppendAsync(int partition, IReadOnlyList<Block> blocks, CancellationToken cancellationToken) =>
        inner.AppendAsync(partition, blocks, cancellationToken);

    public ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken)
    {
        if (Refusal is null)
            return inner.RemoveAsync(channel, epoch, next, cancellationToken);
        Refused++;
        return ValueTask.FromException<bool>(Refusal);
    }

    public void Follow(Channel channel) => inner.Follow(channel);

    public bool Remembers(ChannelId channel, string epoch) => inner.Remembers(channel, epoch);
}
