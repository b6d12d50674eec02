using HubServer.Protocol;

namespace HubServer.History;

/// <summary>
/// One channel in one target of one subscriber: replays its frames by PROTOCOL.md 6.2 and 6.3, and finds where they
/// break it. After a break it goes on from what the frame says, so that one break is one finding.
/// </summary>
internal sealed class Track(Findings findings, EpochOrder order, HistoryTotals totals, ShownRows shown, string channel)
{
    private readonly List<HistoryLine> _parts = [];
    private readonly HashSet<string> _left = [];
    private bool _wasSeen;
    private bool _mayThin;
    private HistoryLine? _servedIn;

    public string Channel => channel;

    public ShownRows Shown => shown;

    public bool IsHeld { get; private set; }

    public string Epoch { get; private set; } = "";

    public long Next { get; private set; }

    /// <summary>The last frame.</summary>
    public HistoryLine? Last { get; private set; }

    /// <summary>The frames that announced that rows which the subscriber had are gone.</summary>
    public List<HistoryLine> Losses { get; } = [];

    /// <summary>Whether the epoch is held, or was.</summary>
    public bool Knows(string? epoch) => epoch == Epoch || (epoch is not null && _left.Contains(epoch));

    /// <summary>Begins a call. Nothing of a past in parts counts that did not come to its end.</summary>
    /// <param name="connect">The call.</param>
    /// <param name="from">The position that the subscriber went on from, if it did.</param>
    /// <param name="isTrusted">Whether it may be any: the subscriber had dropped an item, which this replay has not.</param>
    public void BeginCall(HistoryLine connect, Resume? from, bool isTrusted)
    {
        _parts.Clear();
        (_wasSeen, _mayThin, _servedIn) = (false, connect.Event.MaxDataPoints is not null, null);
        if (from is not null && isTrusted)
        {
            (IsHeld, Epoch, Next) = (true, from.Epoch, from.Offset + 1);
            return;
        }

        if (from is not null)
        {
            findings.Require(IsHeld && (from.Epoch, from.Offset) == (Epoch, Next - 1), Rule.Contract, $"the subscriber goes on from {from.Epoch}:{from.Offset}, and holds {(IsHeld ? $"{Epoch}:{Next - 1}" : "nothing")} of {channel}", Last, connect);
            return;
        }

        // A subscriber that asks for everything again has nothing to compare with, nor an epoch that it left.
        if (IsHeld)
            _left.Clear();
        IsHeld = false;
        shown.Forget();
    }

    /// <summary>Takes a frame; of a past in parts not before the last part.</summary>
    public void Take(HistoryLine line, HistoryLine connect)
    {
        if (line.Event.Frame != FrameKind.Removed)
            Receive(line, connect);
        if (line.Event.Frame != FrameKind.Delta && _parts.Count > 0)
        {
            findings.Add(Rule.Contract, $"a {line.Event.Frame} of {channel} inside a past in parts", _parts[^1], line);
            _parts.Clear();
        }

        if (line.Event.Frame == FrameKind.Removed)
        {
            Remove(line);
            return;
        }

        _parts.Add(line);
        if (line.Event.More == true)
            return;
        totals.SplitPasts += _parts.Count > 1 ? 1 : 0;
        foreach (var part in _parts)
            Apply(part);
        _parts.Clear();
    }

    /// <summary>What a frame holds is true from the moment on at which it came, whether it is shown or not.</summary>
    private void Receive(HistoryLine line, HistoryLine connect)
    {
        var frame = line.Event;
        if (_servedIn is null || _servedIn.Event.Epoch != frame.Epoch)
            order.Serve(channel, frame.Epoch ?? "", connect, line);
        _servedIn = line;
        shown.Receive(line);
    }

    private void Remove(HistoryLine line)
    {
        findings.Require(IsHeld && line.Event.Epoch == Epoch && line.Event.Offset == Next, Rule.Contract, $"removed at {line.Event.Epoch}:{line.Event.Offset}; {Held}", Last, line);
        findings.Require(findings.Allows(AllowedLosses.Removed), Rule.AllowedLosses, $"{channel} was removed", line);
        totals.Removals++;
        totals.TakenBackRows += shown.Forget();
        Losses.Add(line);
        _left.Add(Epoch);
        (IsHeld, Last) = (false, line);
    }

    private string Held => IsHeld ? $"the subscriber holds {channel} up to {Epoch}:{Next}" : $"the subscriber does not hold {channel}";

    private void Apply(HistoryLine line)
    {
        var frame = line.Event;
        if (frame.Gap is { } gap)
            Announce(gap, line);
        if (frame.Frame == FrameKind.Snapshot)
            Replace(frame, line);
        else
            Continue(frame, line);

        shown.TakeRows(line);
        (IsHeld, Epoch, Next, Last, _wasSeen) = (true, frame.Epoch ?? "", (frame.Offset ?? 0) + (frame.Count ?? 0), line, true);
    }

    private void Announce(Gap gap, HistoryLine line)
    {
        findings.Require(findings.Allows(gap.Reason), Rule.AllowedLosses, $"{channel}: a gap of reason {gap.Reason}", line);
        totals.AddGap(gap.Reason, gap.Reason == GapReason.Reset ? shown.Places.Count : (gap.To ?? gap.From) - gap.From + 1);
        if (gap.Reason == GapReason.Lapped)
            return;
        findings.Require(line.Event.Epoch != gap.Epoch, Rule.I5StaleEpoch, $"{channel}: rows of {gap.Epoch} are lost, and the epoch is the same", Last, line);
        Losses.Add(line);
    }

    private void Replace(HistoryEvent frame, HistoryLine line)
    {
        totals.Snapshots++;
        if (!IsHeld)
        {
            findings.Require(frame.Gap is null, Rule.Contract, $"a gap before the first snapshot; {Held}", line);
            Enter(frame, line, isFirst: true);
            shown.Replace(frame.Offset ?? 0);
            return;
        }

        if (frame.Gap is not null)
        {
            findings.Require(frame.Gap.Reason != GapReason.Lapped || _mayThin, Rule.Contract, $"a snapshot for a lap, and nobody asked for maxDataPoints; {Held}", Last, line);
            var expected = TakeGap(frame.Gap, frame, line);
            shown.Tell(new Segment(frame.Epoch ?? "", Math.Min(expected, frame.Offset ?? 0), frame.Offset ?? 0, SegmentKind.Lapped));
        }
        else
        {
            findings.Require(frame.Offset <= Next, Rule.I6UnannouncedGap, $"a snapshot from {frame.Offset} on; {Held}", Last, line);
            findings.Require(_wasSeen && _mayThin, Rule.I2Duplicate, $"a snapshot of what is held already; {Held}", Last, line);
        }

        Enter(frame, line, isFirst: false);
        shown.Replace(frame.Offset ?? 0);
    }

    private void Continue(HistoryEvent frame, HistoryLine line)
    {
        if (!IsHeld)
        {
            findings.Add(Rule.I6UnannouncedGap, $"a delta at {frame.Offset}; {Held}", Last, line);
            Enter(frame, line, isFirst: true);
            return;
        }

        var expected = frame.Gap is null ? Next : TakeGap(frame.Gap, frame, line);
        if (frame.Offset > expected)
            findings.Add(Rule.I6UnannouncedGap, $"a delta at {frame.Offset}, where {expected} is next; {Held}", Last, line);
        else if (frame.Offset < expected)
            findings.Add(shown.HoldsFrom(line) ? Rule.I2Duplicate : Rule.I3Order, $"a delta at {frame.Offset}, where {expected} is next; {Held}", Last, line);
        Enter(frame, line, isFirst: false);
    }

    /// <summary>Does what a gap says.</summary>
    /// <returns>The offset at which a delta goes on.</returns>
    private long TakeGap(Gap gap, HistoryEvent frame, HistoryLine line)
    {
        switch (gap.Reason)
        {
            case GapReason.Lapped:
                findings.Require(gap.Epoch == Epoch && gap.From == Next && gap.To >= gap.From && gap.To < frame.Offset, Rule.I6UnannouncedGap, $"the gap is not what is missing; {Held}", Last, line);
                shown.Tell(new Segment(Epoch, gap.From, (gap.To ?? gap.From) + 1, SegmentKind.Lapped));
                return (gap.To ?? gap.From) + 1;
            case GapReason.Rollback:
                findings.Require(gap.Epoch == Epoch && gap.To == Next - 1 && gap.From <= gap.To, Rule.I6UnannouncedGap, $"the gap is not what is taken back; {Held}", Last, line);
                totals.TakenBackRows += shown.TakeBack(gap.From);
                return gap.From;
            default:
                findings.Require(gap.Epoch == Epoch && gap.From == Next && gap.To is null, Rule.I6UnannouncedGap, $"the gap is not what is gone; {Held}", Last, line);
                totals.TakenBackRows += shown.Forget();
                return frame.Offset ?? 0;
        }
    }

    /// <summary>Takes over a frame's epoch; what is shown then is said to be in it, too.</summary>
    private void Enter(HistoryEvent frame, HistoryLine line, bool isFirst)
    {
        var epoch = frame.Epoch ?? "";
        if (epoch != Epoch || isFirst)
            findings.Require(!_left.Contains(epoch), Rule.I5StaleEpoch, $"epoch {epoch} comes back; {Held}", Last, line);
        if (isFirst)
        {
            // A channel that was removed began anew.
            if (_left.Contains(Epoch))
                order.Follow(channel, Epoch, epoch);
            return;
        }

        if (epoch == Epoch)
            return;
        _left.Add(Epoch);
        order.Follow(channel, Epoch, epoch);
        shown.CarryOver(epoch, line);
        totals.Continuations += frame.Gap is null ? 1 : 0;
    }
}
