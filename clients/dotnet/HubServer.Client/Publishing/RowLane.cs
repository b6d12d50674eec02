namespace HubServer.Client;

/// <summary>A channel's rows in a <see cref="RowWriter"/>, which locks.</summary>
internal sealed class RowLane(string channel)
{
    /// <summary>The channel's id.</summary>
    public string Channel => channel;

    /// <summary>How callers write the id.</summary>
    public HashSet<string> Spellings { get; } = new(StringComparer.Ordinal) { channel };

    /// <summary>The block that takes rows; null for none.</summary>
    public RowBlock? Open { get; set; }

    /// <summary>The blocks that take no more, the oldest first, which may be under way.</summary>
    public Queue<RowBlock> Closed { get; } = [];

    /// <summary>Whether somebody sends them.</summary>
    public bool IsSending { get; set; }

    /// <summary>Puts the open block in line.</summary>
    public void Close()
    {
        if (Open is { Count: > 0 } block)
            Closed.Enqueue(block);
        Open = null;
    }
}
