using HubServer.Core;

namespace HubServer.Redis;

/// <summary>
/// Reads epochs as the script writes them, <c>generation.sequence</c>: the generation is eight digits of the primary's
/// replication id and the time when the generation began, the sequence that of the partition when the epoch began.
/// </summary>
internal static class Epoch
{
    private const int ReplicationDigits = 8;

    /// <summary>The generation in which an epoch began; "" for a text that is none.</summary>
    public static string GenerationOf(string epoch) => epoch.LastIndexOf('.') is > 0 and var dot ? epoch[..dot] : "";

    /// <summary>The partition's sequence when an epoch began; -1 for a text that is none.</summary>
    public static long SequenceOf(string epoch)
    {
        // A stream that was begun anew leaves an "r" behind the number.
        var digits = epoch.AsSpan(epoch.LastIndexOf('.') + 1).TrimEnd('r');
        return long.TryParse(digits, out var sequence) ? sequence : -1;
    }

    /// <summary>Whether an epoch began in this generation up to that message, or in one before as far as that went.</summary>
    public static bool BeganIn(string epoch, string generation, long sequence, Lineage past)
    {
        var of = GenerationOf(epoch);
        return of.Length > 0 && SequenceOf(epoch) <= (of == generation ? sequence : past.EndOf(of));
    }

    /// <summary>Whether an epoch began after another, by the clock of the Redis servers where their generations differ.</summary>
    public static bool IsNewer(string epoch, string other)
    {
        var (mine, others) = (GenerationOf(epoch), GenerationOf(other));
        var order = mine == others ? SequenceOf(epoch).CompareTo(SequenceOf(other)) : string.CompareOrdinal(TimeOf(mine), TimeOf(others));

        // Of two at once any one is newer, but the same one for everybody.
        return (order != 0 ? order : string.CompareOrdinal(epoch, other)) > 0;
    }

    /// <summary>Hexadecimal digits of a fixed number until the year 2106, so that their order is that of time.</summary>
    private static string TimeOf(string generation) => generation.Length > ReplicationDigits ? generation[ReplicationDigits..] : "";
}
