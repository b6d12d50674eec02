using StackExchange.Redis;

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

/// <summary>Reads failures of StackExchange.Redis.</summary>
internal static class RedisFailures
{
    private static readonly string[] NotYet = ["READONLY", "LOADING", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN"];
    private static readonly string[] MayNotWrite = ["OOM ", "NOREPLICAS", "MISCONF"];

    /// <summary>Whether an exception is one of the backplane's, and not a fault of this program.</summary>
    public static bool IsRedis(Exception failure) => failure is RedisException or TimeoutException or ObjectDisposedException;

    /// <summary>What it means.</summary>
    public static RedisFailure Read(Exception failure)
    {
        // Within a script's error the server's own word stands behind the place in the script.
        if (failure is not RedisServerException)
            return RedisFailure.Unanswered;
        if (Array.Exists(MayNotWrite, word => failure.Message.Contains(word, StringComparison.Ordinal)))
            return RedisFailure.MayNotWrite;
        return Array.Exists(NotYet, word => failure.Message.Contains(word, StringComparison.Ordinal)) ? RedisFailure.NotYet : RedisFailure.Unanswered;
    }
}
