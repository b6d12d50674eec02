using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>Reads failures of StackExchange.Redis.</summary>
internal static class RedisFailures
{
    private static readonly string[] NotYet = ["READONLY", "LOADING", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN"];
    private static readonly string[] MayNotWrite = ["OOM ", "NOREPLICAS", "MISCONF"];

    /// <summary>Whether an exception is one of the backplane's, and not a fault of this program.</summary>
    public static bool IsRedis(Exception failure) => failure is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException;

    /// <summary>Whether a key is of another type than ours: somebody else wrote it, and what it held of ours is gone.</summary>
    public static bool IsWrongType(RedisServerException failure) => failure.Message.Contains("WRONGTYPE", StringComparison.Ordinal);

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
