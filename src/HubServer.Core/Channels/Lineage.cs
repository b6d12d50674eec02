using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// The epochs that led to a channel's present one, the newest first, and the offset up to which each one's rows are
/// still the channel's. Immutable.
/// </summary>
public sealed class Lineage(IReadOnlyList<Position> ends)
{
    /// <summary>That of a channel whose first epoch is its present one.</summary>
    public static readonly Lineage None = new([]);

    /// <summary>The epochs with their ends.</summary>
    public IReadOnlyList<Position> Ends { get; } = ends;

    /// <summary>The offset after the last row that the channel still has of an epoch; null where that is none of it.</summary>
    public long? EndOf(string epoch)
    {
        // What a later epoch lost is lost to the earlier ones, too.
        var end = long.MaxValue;
        foreach (var one in Ends)
        {
            end = Math.Min(end, one.Offset);
            if (one.Epoch == epoch)
                return end;
        }

        return null;
    }
}
