namespace HubServer.Fixtures.Proxying;

/// <summary>The faults that wait for their messages, on whichever connection these come, in the order of their arming.</summary>
internal sealed class MessageFaults
{
    // Replaced as a whole under _gate; read without it.
    private volatile MessageFault[] _armed = [];
    private readonly Lock _gate = new();
    private long _dropped;

    public bool AreArmed => _armed.Length > 0;

    public long Dropped => Interlocked.Read(ref _dropped);

    public Task<PubSubMessage> Arm(MessageFaultKind kind, Predicate<PubSubMessage> which)
    {
        var fault = new MessageFault(kind, which);
        lock (_gate)
            _armed = [.. _armed, fault];
        return fault.Done.Task;
    }

    /// <summary>The fault that waits for this message; it then waits no more, so that no other message gets it.</summary>
    public MessageFault? Take(PubSubMessage message)
    {
        foreach (var fault in _armed)
        {
            if (IsFor(fault, message) && Remove(fault))
                return fault;
        }

        return null;
    }

    /// <summary>Says that a fault has happened.</summary>
    public void Complete(MessageFault fault, PubSubMessage message)
    {
        if (fault.Kind == MessageFaultKind.Drop)
            Interlocked.Increment(ref _dropped);
        fault.Done.TrySetResult(message);
    }

    /// <summary>Gives up those whose messages have not come.</summary>
    public void Cancel()
    {
        MessageFault[] armed;
        lock (_gate)
            (armed, _armed) = (_armed, []);
        foreach (var fault in armed)
            fault.Done.TrySetCanceled();
    }

    /// <summary>What a test's own condition throws is for the test, and not for the connection.</summary>
    private bool IsFor(MessageFault fault, PubSubMessage message)
    {
        try
        {
            return fault.IsFor(message);
        }
        catch (Exception failure)
        {
            Remove(fault);
            fault.Done.TrySetException(failure);
            return false;
        }
    }

    private bool Remove(MessageFault fault)
    {
        lock (_gate)
        {
            var left = _armed.Where(other => other != fault).ToArray();
            var wasThere = left.Length < _armed.Length;
            _armed = left;
            return wasThere;
        }
    }
}
