namespace HubServer.AspNetCore.Sources;

/// <summary>The source of random walks, from <c>HubServer:Sources:Simulate</c>.</summary>
public sealed class SimulateSourceOptions
{
    internal static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(10);
    internal static readonly TimeSpan MaxInterval = TimeSpan.FromHours(1);
    internal const int MaxChannels = 100;

    /// <summary>
    /// Whether the source runs. Where several nodes share their channels, run it on one of them or give each node
    /// channels of its own; two walks in one channel are no walk.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool Enabled { get; set; }

    /// <summary>The walks, each with its interval and its channel.</summary>
    /// <value>
    /// There can be at most 100 of them, each in a channel of its own. The default, which stands while the list is
    /// empty, is one walk every 500 milliseconds and one every 100 milliseconds.
    /// </value>
    public IList<SimulatedWalkOptions> Walks { get; } = [];

    // The binder of configuration appends to a list that already has items, so the default cannot be in the list.
    internal IEnumerable<SimulatedWalkOptions> WalksOrDefault => Walks.Count > 0
        ? Walks
        : [new SimulatedWalkOptions(), new SimulatedWalkOptions { Interval = TimeSpan.FromMilliseconds(100) }];
}
