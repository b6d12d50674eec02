namespace HubServer.Core.Tests.Simulation;

/// <summary>A channel in one epoch: its rows by offset, its fields, and whether it was removed.</summary>
internal sealed class Incarnation(string channel, string epoch, int order, int capacity)
{
    public string Channel => channel;

    public string Epoch => epoch;

    /// <summary>Later epochs of a channel have a higher one.</summary>
    public int Order => order;

    /// <summary>The least that it ever was.</summary>
    public int Capacity { get; set; } = capacity;

    /// <summary>The most that it ever was.</summary>
    public int LargestCapacity { get; set; } = capacity;

    public List<TruthRow> Rows { get; } = [];

    /// <summary>The names of all fields so far, in order.</summary>
    public List<string> Fields { get; set; } = [];

    public bool IsRemoved { get; set; }

    /// <summary>The epoch that this one went on from, if it did.</summary>
    public Incarnation? Parent { get; init; }

    /// <summary>How many of the parent's rows it kept.</summary>
    public long End { get; init; }

    public long Next => Rows.Count;
}
