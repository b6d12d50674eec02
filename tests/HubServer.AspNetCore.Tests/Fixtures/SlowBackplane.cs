using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>A backplane that takes nothing until it is let go: what comes meanwhile waits in the publishers.</summary>
internal sealed class SlowBackplane(HubServerOptions options, TimeProvider time) : IBackplane
{
    private readonly InMemoryBackplane _inner = new(options, time);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _calls;

    /// <summary>The calls so far.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public int Partitions => _inner.Partitions;

    public void LetGo() => _go.SetResult();

    public void Start(ChannelRegistry registry) => _inner.Start(registry);

    public async ValueTask<AppendResult[]> AppendAsync(int partition, IReadOnlyList<Block> blocks, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        await _go.Task;
        return await _inner.AppendAsync(partition, blocks, cancellationToken);
    }

    public ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken) =>
        _inner.RemoveAsync(channel, epoch, next, cancellationToken);

    public BackplaneStatus Status => _inner.Status;

    public void Follow(Channel channel) => _inner.Follow(channel);

    public bool Remembers(ChannelId channel, string epoch) => _inner.Remembers(channel, epoch);
}
