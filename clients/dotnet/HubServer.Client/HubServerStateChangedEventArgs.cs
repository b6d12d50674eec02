namespace HubServer.Client;

/// <summary>How a client has come to stand with its server.</summary>
/// <param name="state">The state.</param>
/// <param name="error">Why there is no connection.</param>
public sealed class HubServerStateChangedEventArgs(HubServerClientState state, HubServerException? error) : EventArgs
{
    /// <summary>The state since.</summary>
    public HubServerClientState State { get; } = state;

    /// <summary>Why there is no connection: what the last attempt failed with, or how the connection was lost. Null where there is one.</summary>
    public HubServerException? Error { get; } = error;
}
