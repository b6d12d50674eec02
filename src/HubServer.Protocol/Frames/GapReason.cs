namespace HubServer.Protocol;

/// <summary>Why rows are missing.</summary>
public enum GapReason
{
    /// <summary>The channel's newer rows pushed them out before they could be sent.</summary>
    Lapped,

    /// <summary>They were delivered and no longer exist: the backplane came back with an older state.</summary>
    Rollback,

    /// <summary>The past of the channel is gone.</summary>
    Reset,
}
