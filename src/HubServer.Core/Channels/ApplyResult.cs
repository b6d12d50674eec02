namespace HubServer.Core;

/// <summary>What a channel did with a delivered block.</summary>
public enum ApplyResult
{
    /// <summary>It was next, and is in the ring.</summary>
    Appended,

    /// <summary>The ring has these rows already.</summary>
    Duplicate,

    /// <summary>Blocks before it are missing; it waits for them.</summary>
    Parked,

    /// <summary>Blocks before it are missing and no more may wait: the log has to be read.</summary>
    Hole,

    /// <summary>It is of another epoch than the channel, which it cannot change by itself.</summary>
    ForeignEpoch,

    /// <summary>The channel was removed.</summary>
    Removed,
}
