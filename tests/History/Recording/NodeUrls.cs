namespace HubServer.History;

/// <summary>The nodes of a client, and the one whose turn it is. Safe from any thread.</summary>
internal sealed class NodeUrls
{
    private readonly Lock _gate = new();
    private readonly IReadOnlyList<Uri> _all;
    private int _next; // Used under _gate, as is what follows.
    private Uri? _pinned;

    public NodeUrls(IReadOnlyList<Uri> all, int first)
    {
        ArgumentOutOfRangeException.ThrowIfZero(all.Count);
        (_all, _next) = (all, first % all.Count);
    }

    /// <summary>The only node to use from now on, or null for all of them.</summary>
    public void Pin(Uri? url)
    {
        lock (_gate)
            _pinned = url;
    }

    /// <summary>The node whose turn it is.</summary>
    public Uri Current()
    {
        lock (_gate)
            return _pinned ?? _all[_next];
    }

    /// <summary>Gives the turn to the node after this one, unless another client's call did so meanwhile.</summary>
    public void MoveOn(Uri from)
    {
        lock (_gate)
        {
            if (_all[_next] == from)
                _next = (_next + 1) % _all.Count;
        }
    }
}
