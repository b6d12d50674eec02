using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// The state a feed has reached: a position for each of its members. Immutable; every shared item leads from one Cut
/// to the next.
/// </summary>
internal sealed class Cut
{
    /// <summary>The number of a Cut that only one subscription stands at, which no shared item starts from.</summary>
    public const long Private = long.MinValue;

    /// <summary>Counts the feed's Cuts; a number and not a reference to the Cut before, which would keep all of them.</summary>
    public required long Number { get; init; }

    /// <summary>The members; the same list in successive Cuts unless a member joined or left.</summary>
    public required Member[] Members { get; init; }

    /// <summary>Where the Cut stands, for each member.</summary>
    public required CutEntry[] Entries { get; init; }

    /// <summary>The full list of what cannot be served as asked; the same list in successive Cuts unless it changed.</summary>
    public required IReadOnlyList<ItemError> Errors { get; init; }

    /// <summary>Whether the node may be behind its backplane.</summary>
    public required bool IsStale { get; init; }

    /// <summary>Whether the past of every channel is here that targets select, or none is waited for any more.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Finds where the Cut stands in a member.</summary>
    public bool TryFind(Member member, int hint, out CutEntry entry)
    {
        var index = hint < Members.Length && ReferenceEquals(Members[hint], member) ? hint : Array.IndexOf(Members, member);
        entry = index < 0 ? default : Entries[index];
        return index >= 0;
    }
}
