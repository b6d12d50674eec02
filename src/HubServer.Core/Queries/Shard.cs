using System.Collections.Immutable;

namespace HubServer.Core;

/// <summary>Some of a feed's subscriptions, which one work item wakes in turn.</summary>
internal sealed class Shard : IThreadPoolWorkItem
{
    /// <summary>Enough to spread a work item's cost, few enough that the cores share a feed's subscriptions.</summary>
    public const int Size = 64;

    private ImmutableArray<Subscription> _subscriptions = []; // Replaced under the feed's lock; read without it.
    private int _isPosted;

    public int Count => _subscriptions.Length;

    public void Add(Subscription subscription) => _subscriptions = _subscriptions.Add(subscription);

    public bool Remove(Subscription subscription)
    {
        var before = _subscriptions.Length;
        _subscriptions = _subscriptions.Remove(subscription);
        return _subscriptions.Length < before;
    }

    public void Wake(WorkPool work)
    {
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
            work.Post(this);
    }

    public void Execute()
    {
        // Forgotten before anyone is woken: a Cut that is published meanwhile posts this again.
        Interlocked.Exchange(ref _isPosted, 0);
        foreach (var subscription in _subscriptions)
            subscription.Wake();
    }
}
