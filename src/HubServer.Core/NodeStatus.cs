namespace HubServer.Core;

/// <summary>What an operator and the tests look at.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Version">The server's version.</param>
/// <param name="UptimeSeconds">The seconds since it started.</param>
/// <param name="Channels">The channels.</param>
/// <param name="Connections">The hub's connections.</param>
/// <param name="Queries">The running queries.</param>
/// <param name="Feeds">The feeds that serve them.</param>
/// <param name="FollowedChannels">The channels that feeds follow, counted once for each target of each feed.</param>
/// <param name="Timers">The tick timers that run.</param>
/// <param name="RowsIn">Rows that entered rings.</param>
/// <param name="RowsOut">Rows handed to subscriptions.</param>
/// <param name="SharedItems">Shared items handed to subscriptions.</param>
/// <param name="PrivateItems">Items built for one subscription.</param>
/// <param name="Lapped">Gaps sent since rows were gone before they could be sent.</param>
/// <param name="PendingRows">Rows that wait for the backplane.</param>
/// <param name="PendingBytes">About what they take.</param>
/// <param name="RingBytes">What all channels' rows take.</param>
/// <param name="CachedBytes">What the encoded rows take that are kept for further readers.</param>
/// <param name="ManagedBytes">The managed heap, in bytes.</param>
/// <param name="IsStale">Whether the node may be behind its backplane.</param>
/// <param name="Backplane">How the backplane is.</param>
public sealed record NodeStatus(
    string Node,
    string Version,
    double UptimeSeconds,
    int Channels,
    long Connections,
    long Queries,
    int Feeds,
    int FollowedChannels,
    int Timers,
    long RowsIn,
    long RowsOut,
    long SharedItems,
    long PrivateItems,
    long Lapped,
    int PendingRows,
    long PendingBytes,
    long RingBytes,
    long CachedBytes,
    long ManagedBytes,
    bool IsStale,
    BackplaneStatus Backplane);
