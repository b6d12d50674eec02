using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>A backplane, which takes its time, fails now and then, and tells the truth what it did.</summary>
internal sealed class RecordingBackplane(IBackplane inner, Truth truth, Branches branches, Random random, double failures) : IBackplane, IDisposable
{
    private readonly SemaphoreSlim _order = new(1, 1); // What happens to the log and what is told of it happen in one order.

    public int Partitions => inner.Partitions;

    public void Start(ChannelRegistry registry) => inner.Start(registry);

    public async ValueTask<AppendResult[]> AppendAsync(int partition, IReadOnlyList<Block> blocks, CancellationToken cancellationToken)
    {
        double fate;
        lock (random)
            fate = random.NextDouble();
        Expect.That(blocks.Select(block => block.Channel).Distinct().Count() == blocks.Count, "a call has at most one block of a channel");

        // Half of the failures lose the request, half lose the answer.
        if (fate < failures / 2)
            throw new ProtocolException(ErrorCode.BackplaneUnavailable, "the request was lost");
        if (fate > 0.6)
            await Task.Yield();

        var results = await AppendInOrderAsync(partition, blocks);
        if (fate > 0.8)
            await Task.Yield();
        if (fate < failures)
            throw new ProtocolException(ErrorCode.BackplaneUnavailable, "the answer was lost");
        return results;
    }

    public async ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken)
    {
        await _order.WaitAsync(cancellationToken);
        try
        {
            var removed = await inner.RemoveAsync(channel, epoch, next, cancellationToken);
            if (removed)
                truth.Remove(channel.Text, epoch);
            return removed;
        }
        finally
        {
            _order.Release();
        }
    }

    public void Dispose() => _order.Dispose();

    /// <summary>What the log itself did wrong.</summary>
    public BrokenPromiseException? Broken { get; private set; }

    /// <summary>Whether it loses what it took.</summary>
    public bool IsLossy => inner is LossyBackplane;

    public void ReportStale(bool isStale) => (inner as LossyBackplane)?.ReportStale(isStale);

    public void Lose(ChannelId channel, Random random)
    {
        _order.Wait();
        try
        {
            if (inner is LossyBackplane lossy && lossy.Lose(channel, random) is { } loss)
                truth.Rebase(channel.Text, loss.From, loss.To, loss.End, loss.Schema);
        }
        finally
        {
            _order.Release();
        }
    }

    public BackplaneStatus Status => inner.Status;

    public void Follow(Channel channel) => inner.Follow(channel);

    public bool Remembers(ChannelId channel, string epoch) => inner.Remembers(channel, epoch);

    private async ValueTask<AppendResult[]> AppendInOrderAsync(int partition, IReadOnlyList<Block> blocks)
    {
        await _order.WaitAsync();
        try
        {
            var results = await inner.AppendAsync(partition, blocks, CancellationToken.None);
            for (var i = 0; i < results.Length; i++)
            {
                if (results[i].Status == AppendStatus.Appended)
                    Tell(blocks[i], results[i]);
                if (results[i].Status == AppendStatus.Appended && blocks[i].Settings is not null && results[i].Offset == 0)
                    branches.Count(Branch.Declared);
                if (results[i].Status == AppendStatus.StaleSchema)
                    branches.Count(Branch.StaleSchema);
            }

            return results;
        }
        catch (Exception failure)
        {
            Broken ??= new BrokenPromiseException(failure.ToString());
            throw;
        }
        finally
        {
            _order.Release();
        }
    }

    /// <summary>What the truth finds wrong is no failure of the call: its publisher would take it for one.</summary>
    private void Tell(Block block, AppendResult result)
    {
        try
        {
            truth.Append(block, result.Epoch, result.Offset);
        }
        catch (BrokenPromiseException broken)
        {
            Broken ??= broken;
        }
    }
}
