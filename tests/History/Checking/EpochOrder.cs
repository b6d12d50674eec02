namespace HubServer.History;

/// <summary>
/// Which epoch of a channel came after which, by the subscribers that went from one to the other, and what each node
/// served when: a node that has delivered an epoch serves none before it in any later call.
/// </summary>
internal sealed class EpochOrder(Findings findings)
{
    private readonly Dictionary<(string Channel, string Epoch), HashSet<string>> _next = [];
    private readonly Dictionary<(string Node, string Channel, string Epoch), HistoryLine> _firstServed = [];
    private readonly List<(string Node, string Channel, string Epoch, HistoryLine Call, HistoryLine Line)> _served = [];

    /// <summary>Takes that a channel went from one epoch to another.</summary>
    public void Follow(string channel, string from, string to)
    {
        if (!_next.TryGetValue((channel, from), out var next))
            _next.Add((channel, from), next = []);
        next.Add(to);
    }

    /// <summary>Takes that a node served an epoch, for the first time in a call.</summary>
    public void Serve(string channel, string epoch, HistoryLine call, HistoryLine line)
    {
        // Nodes of one machine may have one name, and a proxy one address for several nodes.
        var node = $"{line.Event.Node} {line.Event.Url}";
        _firstServed.TryAdd((node, channel, epoch), line);
        _served.Add((node, channel, epoch, call, line));
    }

    /// <summary>The epochs that came after one, near and far.</summary>
    public HashSet<string> After(string channel, string epoch)
    {
        var after = new HashSet<string>();
        var open = new Stack<string>([epoch]);
        while (open.TryPop(out var at))
        {
            foreach (var next in _next.GetValueOrDefault((channel, at), []))
            {
                if (next != epoch && after.Add(next))
                    open.Push(next);
            }
        }

        return after;
    }

    /// <summary>Checks what every node served, once all is known.</summary>
    public void Check()
    {
        foreach (var (node, channel, epoch, call, line) in _served)
        {
            foreach (var later in After(channel, epoch))
            {
                if (_firstServed.TryGetValue((node, channel, later), out var first) && first.Number < call.Number)
                    findings.Add(Rule.I5StaleEpoch, $"{channel}: node {node} served {epoch} in a call that began after it had served {later}", first, call, line);
            }
        }
    }
}
