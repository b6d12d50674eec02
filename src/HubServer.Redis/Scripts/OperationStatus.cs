namespace HubServer.Redis;

/// <summary>What the script did with an operation.</summary>
internal enum OperationStatus
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>Nothing was written: the rows were validated against another schema than the channel's.</summary>
    Stale,

    /// <summary>The publisher's block was taken before; the answer is the first one.</summary>
    Again,

    /// <summary>Nothing was written: a later block of the publisher was taken before.</summary>
    Old,

    /// <summary>Nothing was written: the channel was removed since the epoch that the node holds.</summary>
    Gone,

    /// <summary>Nothing was written: the channel is not there, nor what the epoch began in that the node holds.</summary>
    Empty,

    /// <summary>Nothing was written: the epoch that the node holds is none of the channel's.</summary>
    Foreign,

    /// <summary>The channel was not removed: it is in another epoch, or has further rows.</summary>
    Kept,
}
