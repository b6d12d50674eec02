namespace HubServer.Core;

/// <summary>What a backplane did with a block.</summary>
public enum AppendStatus
{
    /// <summary>It has its position, now or from the first try of this publisher's sequence.</summary>
    Appended,

    /// <summary>It was validated against another schema than the channel has; nothing was written.</summary>
    StaleSchema,

    /// <summary>It cannot be taken; nothing was written.</summary>
    Refused,
}
