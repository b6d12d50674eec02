namespace HubServer.History;

/// <summary>A promise of the system that a history is held to. I1 to I12 are numbered as in the project's list of promises.</summary>
public enum Rule
{
    /// <summary>A row acknowledged at a position is seen there by every subscriber, or its loss is announced and allowed.</summary>
    I1LostRow,

    /// <summary>No position and no row comes twice to a subscriber; a repeated publish gets its first answer.</summary>
    I2Duplicate,

    /// <summary>Rows come in the order of their offsets, a publisher's in the order of its sequences, a block's whole.</summary>
    I3Order,

    /// <summary>A position holds one row, everywhere and for ever, also where an epoch went on from another.</summary>
    I4Agreement,

    /// <summary>An epoch that a subscriber or a node has left does not come back, and lost rows make another epoch.</summary>
    I5StaleEpoch,

    /// <summary>Every hole is announced, and exactly.</summary>
    I6UnannouncedGap,

    /// <summary>A refused row is never seen; one of unknown outcome is seen once or never, and not beside its retry.</summary>
    I11Honesty,

    /// <summary>After calm, every subscriber is live and has the last acknowledged row.</summary>
    I12QuietTail,

    /// <summary>No loss is announced that the scenario does not allow.</summary>
    AllowedLosses,

    /// <summary>Anything else that the wire contract forbids, or the recorder itself did wrong.</summary>
    Contract,
}
