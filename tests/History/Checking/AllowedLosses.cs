namespace HubServer.History;

/// <summary>What may be lost in a scenario, always announced. One in which Redis keeps everything allows neither rollback nor reset.</summary>
[Flags]
public enum AllowedLosses
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Subscribers may come too late for rows that newer ones pushed out.</summary>
    Lapped = 1,

    /// <summary>The newest acknowledged rows of a channel may be lost.</summary>
    Rollback = 2,

    /// <summary>All rows of a channel may be lost.</summary>
    Reset = 4,

    /// <summary>Channels may be removed.</summary>
    Removed = 8,
}
