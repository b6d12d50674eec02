using System.Collections.Immutable;
using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>What is known of one channel for one target. Immutable, so that an item can be taken back as a whole.</summary>
/// <param name="Shown">What the consumer was given; null for nothing.</param>
internal sealed record Lane(Track? Shown)
{
    /// <summary>Nothing.</summary>
    public static readonly Lane Empty = new((Track?)null);

    /// <summary>How far a past that comes in parts has got; null where none is under way.</summary>
    public Track? Ahead { get; init; }

    /// <summary>The parts of that past, which nobody is given before the last.</summary>
    public ImmutableList<FrameUpdate> Parts { get; init; } = [];

    /// <summary>Whether the server broke the contract here, so that what was shown is no ground to go on from.</summary>
    public bool IsDoubtful { get; init; }

    /// <summary>This lane after a frame; what the consumer may be given of it goes to <paramref name="released"/>.</summary>
    /// <exception cref="ContractException">The frame cannot follow.</exception>
    public Lane Take(Frame frame, List<FrameUpdate> released)
    {
        if (Ahead is not null && frame.Kind != FrameKind.Delta)
            throw new ContractException($"a {frame.Kind.ToString().ToLowerInvariant()} of {frame.Channel} came between the parts of its past");
        if (frame.Kind == FrameKind.Removed)
            return Remove(frame, released);

        var track = Track.Advance(Ahead ?? Basis, frame);
        var gap = frame.Gap ?? DoubtfulGap(frame);
        var part = new FrameUpdate(frame, ChangeOf(frame), gap, track.Schema ?? NoSchema(frame), track.ColumnsOf(frame));
        if (frame.More)
            return this with { Ahead = track, Parts = Parts.Add(part) };

        released.AddRange(Parts);
        released.Add(part);
        return new Lane(track);
    }

    /// <summary>This lane where another call begins: a past of which parts are missing never was.</summary>
    public Lane Restart() => Ahead is null ? this : this with { Ahead = null, Parts = [] };

    /// <summary>Tells the consumer that the channel is gone.</summary>
    public Lane Remove(Frame frame, List<FrameUpdate> released)
    {
        if (Shown is not null)
            released.Add(new FrameUpdate(frame, FrameChange.Removed, null, Shown.Schema ?? NoSchema(frame), []));
        return Empty;
    }

    /// <summary>What the server was told is held.</summary>
    private Track? Basis => IsDoubtful ? null : Shown;

    private static FrameChange ChangeOf(Frame frame)
    {
        if (frame.Kind == FrameKind.Snapshot)
            return FrameChange.Replaced;
        return frame.Gap is null ? FrameChange.Appended : FrameChange.Gap;
    }

    private static FrameSchema NoSchema(Frame frame) => new(frame.RefId, frame.Channel, Schema.Empty);

    /// <summary>
    /// A snapshot that was asked for in place of what had become doubtful comes without a gap, since the server was told of
    /// no position. The consumer has one, and what it held before may hang together with nothing that follows.
    /// </summary>
    private Gap? DoubtfulGap(Frame frame) =>
        IsDoubtful && Ahead is null && frame.Kind == FrameKind.Snapshot && Shown is not null
            ? new Gap(Shown.Epoch, Shown.Next, null, GapReason.Reset)
            : null;
}
