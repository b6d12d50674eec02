namespace HubServer.Core;

/// <summary>What a new epoch meant for a channel's rows.</summary>
public enum RebaseResult
{
    /// <summary>The channel was in that epoch already, or is gone.</summary>
    Unchanged,

    /// <summary>All of them are in it.</summary>
    Continued,

    /// <summary>The newest of them are not.</summary>
    RolledBack,

    /// <summary>None of them are.</summary>
    Reset,
}
