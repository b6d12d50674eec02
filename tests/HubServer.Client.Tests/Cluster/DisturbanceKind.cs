namespace HubServer.Client.Tests.Cluster;

/// <summary>What happens to the connections of all clients at once.</summary>
internal enum DisturbanceKind
{
    /// <summary>They are reset, and the same node takes the next.</summary>
    Cut,

    /// <summary>They are reset, and another node takes the next.</summary>
    Switch,

    /// <summary>Their node is killed and started again, and another one takes the next.</summary>
    Kill,
}
