using HubServer.Protocol;

namespace HubServer.Core.Tests.Publishing;

/// <summary>A backplane that answers each call when the test says so, and notes what it was called with.</summary>
internal sealed class GatedBackplane(IBackplane inner) : IBackplane
{
    private readonly Queue<TaskCompletionSource<bool>> _waiting = [];

    public List<Block[]> Calls { get; } = [];

    public int InFlight => _waiting.Count;

    public int Partitions => inner.Partitions;

    public void Start(ChannelRegistry registry) => inner.Start(registry);

    public async ValueTask<AppendResult[]> AppendAsync(int partition, IReadOnlyList<Block> blocks, CancellationToken cancellationToken)
    {
        Calls.Add([.. blocks]);
        var gate = new TaskCompletionSource<bool>();
        _waiting.Enqueue(gate);
        if (!await gate.Task)
            throw new ProtocolException(ErrorCode.BackplaneUnavailable, "gone");
        return await inner.AppendAsync(partition, blocks, cancellationToken);
    }

    public ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken) =>
        inner.RemoveAsync(channel, epoch, next, cancellationToken);

    public BackplaneStatus Status => inner.Status;

    public void Follow(Channel channel) => inner.Follow(channel);

    public bool Remembers(ChannelId channel, string epoch) => inner.Remembers(channel, epoch);

    /// <summary>Lets the oldest call return, or fail.</summary>
    public void Answer(bool succeeds = true) => _waiting.Dequeue().SetResult(succeeds);
}
