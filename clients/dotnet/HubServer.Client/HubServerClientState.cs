namespace HubServer.Client;

/// <summary>How a client stands with its server.</summary>
public enum HubServerClientState
{
    /// <summary>There was no connection yet. The first call opens it.</summary>
    Connecting,

    /// <summary>The connection is there, and every running query is up to date.</summary>
    Live,

    /// <summary>The connection is there, but the node may be behind what was published: some running query says so.</summary>
    Stale,

    /// <summary>The connection was lost. Whatever runs, or the next call, opens another one.</summary>
    Reconnecting,

    /// <summary>The client was disposed of.</summary>
    Closed,
}
