namespace HubServer.AspNetCore.Hubs;

/// <summary>
/// How many queries a connection runs. One that its client has cancelled no longer counts, though it may take a moment to
/// end: a client that puts new queries in the place of old ones never wants more than it may have. As many may be on
/// their way to their end, so that cancelling is no way around the limit.
/// </summary>
internal sealed class QuerySlots(int limit)
{
    private readonly Lock _gate = new();
    private int _running; // These two are used under _gate.
    private int _ending;

    /// <summary>Takes a slot, or gives null where all are taken. Disposing of it gives it back.</summary>
    /// <param name="cancellationToken">Says that the query was cancelled.</param>
    public IDisposable? TryTake(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_running >= limit || _ending >= limit)
                return null;
            _running++;
        }

        var slot = new Slot(this);
        slot.Cancellation = cancellationToken.UnsafeRegister(static state => ((Slot)state!).Cancel(), slot);
        return slot;
    }

    private sealed class Slot(QuerySlots slots) : IDisposable
    {
        private bool _isCancelled; // These two are used under the slots' lock.
        private bool _isEnded;

        public CancellationTokenRegistration Cancellation { get; set; }

        public void Cancel()
        {
            lock (slots._gate)
            {
                if (_isCancelled || _isEnded)
                    return;
                _isCancelled = true;
                slots._running--;
                slots._ending++;
            }
        }

        public void Dispose()
        {
            lock (slots._gate)
            {
                if (_isEnded)
                    return;
                _isEnded = true;
                if (_isCancelled)
                    slots._ending--;
                else
                    slots._running--;
            }

            Cancellation.Unregister();
        }
    }
}
