using System.Collections.Concurrent;

namespace HubServer.Core;

/// <summary>
/// Where private items are built, on a bounded number of workers: a storm of catch-ups takes its turns and does not
/// stall the shared items of others.
/// </summary>
internal sealed class PrivateItemQueue(WorkPool work) : IThreadPoolWorkItem
{
    /// <summary>Items a worker builds before it lets other work of the pool run.</summary>
    private const int ItemsPerTurn = 16;

    private readonly int _maxWorkers = work.Workers;
    private readonly ConcurrentQueue<Subscription> _waiting = [];
    private int _workers;

    /// <summary>The subscriptions that wait for an item; each waits at most once.</summary>
    public int Count => _waiting.Count;

    public void Enqueue(Subscription subscription)
    {
        _waiting.Enqueue(subscription);
        StartWorker();
    }

    public void Execute()
    {
        for (var i = 0; i < ItemsPerTurn && _waiting.TryDequeue(out var subscription); i++)
            subscription.BuildPrivateItem();

        // The worker counts itself out before it looks again, so that what was queued in between is seen by someone.
        Interlocked.Decrement(ref _workers);
        if (!_waiting.IsEmpty)
            StartWorker();
    }

    private void StartWorker()
    {
        if (Interlocked.Increment(ref _workers) <= _maxWorkers)
            work.Post(this);
        else
            Interlocked.Decrement(ref _workers);
    }
}
