namespace HubServer.Protocol;

/// <summary>What a frame does to what the client holds of its channel.</summary>
public enum FrameKind
{
    /// <summary>Replaces it.</summary>
    Snapshot,

    /// <summary>Appends to it.</summary>
    Delta,

    /// <summary>The channel went away.</summary>
    Removed,
}
