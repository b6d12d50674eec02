namespace HubServer.Redis;

/// <summary>What a failed command means for what it asked for.</summary>
internal enum RedisFailure
{
    /// <summary>Whether it was done is unknown: the identical command can be sent again.</summary>
    Unanswered,

    /// <summary>It was not done, and may be soon: the server starts, is a replica by now, or is busy.</summary>
    NotYet,

    /// <summary>It was not done: the server may not write, for want of memory, replicas or disk.</summary>
    MayNotWrite,
}
