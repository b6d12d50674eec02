namespace HubServer.Core;

/// <summary>What happens rarely between a node and its backplane.</summary>
public enum BackplaneEvent
{
    /// <summary>Messages were missing, and what they said was read from the log.</summary>
    GapRepaired,

    /// <summary>The log's history became another: a failover, a restart, a rollback, or a first replica.</summary>
    GenerationChanged,

    /// <summary>A channel that the log lost was begun anew from this node's ring or position.</summary>
    SeedAccepted,

    /// <summary>Another node had begun the channel anew before.</summary>
    SeedRefused,

    /// <summary>The epoch that this node held was not one of the channel's.</summary>
    ForeignRefused,

    /// <summary>This node held an epoch of a channel that was not there.</summary>
    EmptyRefused,

    /// <summary>A publisher's block had been taken before; it got the first answer.</summary>
    DuplicateRefused,

    /// <summary>A block had been validated against another schema than the channel's.</summary>
    StaleSchemaRefused,

    /// <summary>A call got no answer and was sent again as it was.</summary>
    CallRepeated,

    /// <summary>A call was given up: whether its blocks were taken is unknown.</summary>
    CallFailed,

    /// <summary>A block in the log or in a message could not be read.</summary>
    Damaged,

    /// <summary>A block waited too long for those before it, which were then read from the log.</summary>
    ParkedTooLong,

    /// <summary>A connection was given up that was open and silent.</summary>
    ConnectionReplaced,

    /// <summary>A partition was quiet, and this node told the others its state.</summary>
    Tick,
}
