using HubServer.Protocol;

namespace HubServer.History;

/// <summary>What a history has of everything; a check of one that has little of it says little.</summary>
public sealed class HistoryTotals
{
    private readonly Dictionary<GapReason, (long Gaps, long Rows)> _gaps = [];

    /// <summary>Blocks published.</summary>
    public long Blocks { get; internal set; }

    /// <summary>Their rows.</summary>
    public long Rows { get; internal set; }

    /// <summary>Attempts to publish.</summary>
    public long Attempts { get; internal set; }

    /// <summary>Rows acknowledged.</summary>
    public long AcknowledgedRows { get; internal set; }

    /// <summary>Blocks of which every attempt was refused.</summary>
    public long RefusedBlocks { get; internal set; }

    /// <summary>Blocks of which an attempt's outcome was unknown.</summary>
    public long UnknownBlocks { get; internal set; }

    /// <summary>Of these, blocks that a retry found or wrote.</summary>
    public long ResolvedBlocks { get; internal set; }

    /// <summary>Of the rest, blocks that a subscriber showed a row of.</summary>
    public long UnknownShown { get; internal set; }

    /// <summary>Blocks acknowledged more than once.</summary>
    public long RepeatedBlocks { get; internal set; }

    /// <summary>Acknowledged rows in whose place a subscriber has others, by an allowed loss.</summary>
    public long LostRows { get; internal set; }

    /// <summary>Subscribers that called.</summary>
    public int Subscribers { get; internal set; }

    /// <summary>Subscribers that were expected to be live in the end.</summary>
    public int LiveInTheEnd { get; internal set; }

    /// <summary>Pairs of such a subscriber and a channel that were compared with the last acknowledgement.</summary>
    public int TailsCompared { get; internal set; }

    /// <summary>Calls of Query.</summary>
    public long Calls { get; internal set; }

    /// <summary>Of these, calls that went on from positions.</summary>
    public long Resumes { get; internal set; }

    /// <summary>Of these, calls on another node than the one before.</summary>
    public long Moves { get; internal set; }

    /// <summary>Items received.</summary>
    public long Items { get; internal set; }

    /// <summary>Frames received.</summary>
    public long Frames { get; internal set; }

    /// <summary>Rows shown, by all subscribers together.</summary>
    public long ShownRows { get; internal set; }

    /// <summary>Pasts that came in parts.</summary>
    public long SplitPasts { get; internal set; }

    /// <summary>Rows that were shown and taken back.</summary>
    public long TakenBackRows { get; internal set; }

    /// <summary>Snapshots.</summary>
    public long Snapshots { get; internal set; }

    /// <summary>Changes of epoch without loss.</summary>
    public long Continuations { get; internal set; }

    /// <summary>Channels that a subscriber was told are gone.</summary>
    public long Removals { get; internal set; }

    /// <summary>Times that a subscriber was told something else about being behind.</summary>
    public long StaleChanges { get; internal set; }

    /// <summary>Epochs of all channels together.</summary>
    public int Epochs { get; internal set; }

    /// <summary>Gaps announced, with their rows; of a reset those that the subscriber had.</summary>
    public (long Gaps, long Rows) GapsOf(GapReason reason) => _gaps.GetValueOrDefault(reason);

    public override string ToString() =>
        $"{Rows} rows in {Blocks} blocks, {Attempts} attempts: {AcknowledgedRows} rows acknowledged, {RepeatedBlocks} blocks repeated, {RefusedBlocks} refused, "
        + $"{UnknownBlocks} unknown ({ResolvedBlocks} resolved, {UnknownShown} of the others shown), {LostRows} rows lost; "
        + $"{Subscribers} subscribers ({LiveInTheEnd} live in the end, {TailsCompared} tails), {Calls} calls, {Resumes} resumes, {Moves} moves, {Items} items, {Frames} frames, "
        + $"{ShownRows} rows shown, {SplitPasts} pasts in parts, {TakenBackRows} rows taken back, {Snapshots} snapshots, {Continuations} continuations, {Removals} removals, "
        + $"{StaleChanges} changes of stale, {Epochs} epochs, gaps: {string.Join(", ", Enum.GetValues<GapReason>().Select(reason => $"{reason} {GapsOf(reason).Gaps} of {GapsOf(reason).Rows} rows"))}";

    internal void AddGap(GapReason reason, long rows) => _gaps[reason] = (GapsOf(reason).Gaps + 1, GapsOf(reason).Rows + rows);
}
