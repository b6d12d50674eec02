using HubServer.Protocol;

namespace HubServer.History;

/// <summary>After calm everybody who is not sent away is live and stands where the last acknowledgement does.</summary>
internal sealed class TailChecks(Findings findings, PublishBook book, EpochOrder order, HistoryTotals totals)
{
    private readonly Dictionary<string, (long Next, SubscriberTail By, TrackTail Track)> _ends = [];

    /// <summary>Checks how a subscriber stood at the calm.</summary>
    /// <param name="tail">How it stood.</param>
    /// <param name="losses">What all subscribers were told is gone, by channel.</param>
    public void Check(SubscriberTail tail, ILookup<string, HistoryLine> losses)
    {
        if (tail.IsExcused)
            return;
        totals.LiveInTheEnd++;
        findings.Require(tail is { IsConnected: true, State: ItemState.Streaming }, Rule.I12QuietTail, $"{tail.Name} is not live in the end: {(tail.IsConnected ? tail.State?.ToString() ?? "no item" : tail.LeftBecause)}", tail.Call);
        findings.Require(!tail.IsStale, Rule.I12QuietTail, $"{tail.Name} is still told in the end that it may be behind", tail.Call);
        foreach (var channel in tail.Channels)
        {
            if (HeadOf(channel) is not { } head)
                continue;
            totals.TailsCompared++;
            var tracks = tail.Tracks.Where(track => track.Track.Channel == channel).ToArray();
            findings.Require(tracks.Length > 0, Rule.I12QuietTail, $"{tail.Name} has nothing of {channel} in the end", head, tail.Call);
            foreach (var track in tracks)
            {
                CheckEnd(tail, track, head, losses[channel]);
                CheckSame(tail, track);
            }
        }
    }

    /// <summary>The acknowledgement that reaches furthest in the channel's last epoch of those that have one.</summary>
    private HistoryLine? HeadOf(string channel)
    {
        if (!book.Heads.TryGetValue(channel, out var heads))
            return null;
        var last = heads.Keys.Where(epoch => !order.After(channel, epoch).Any(heads.ContainsKey)).ToArray();
        return (last.Length == 0 ? [.. heads.Keys] : last).Select(epoch => heads[epoch]).MaxBy(head => head.Number);
    }

    private void CheckEnd(SubscriberTail tail, TrackTail track, HistoryLine head, IEnumerable<HistoryLine> losses)
    {
        var block = book.BlockOf(head);
        var last = block.FirstRow + block.Rows.Count - 1;
        var next = PublishBook.EndOf(head);
        if (track.Next >= next && (track.Epoch == head.Event.Epoch || track.Track.Shown.Has(last) || track.Track.Shown.TellOf(next - 1) is { Kind: not SegmentKind.Rows }))
            return;
        var isLost = track.Epoch != head.Event.Epoch
            && findings.Allows(AllowedLosses.Rollback | AllowedLosses.Reset | AllowedLosses.Removed)
            && losses.Any(loss => loss.Number > block.Invoke.Number);
        findings.Require(isLost, Rule.I12QuietTail, $"{tail.Name} ends at {track.Epoch}:{track.Next} of {track.Track.Channel}; the last acknowledged row is before {head.Event.Epoch}:{next}", head, track.Last);
    }

    /// <summary>Epochs may differ where one went on from the other without rows; offsets may not.</summary>
    private void CheckSame(SubscriberTail tail, TrackTail track)
    {
        if (_ends.TryAdd(track.Track.Channel, (track.Next, tail, track)))
            return;
        var other = _ends[track.Track.Channel];
        findings.Require(other.Next == track.Next, Rule.I12QuietTail, $"{other.By.Name} ends at {other.Track.Epoch}:{other.Next} of {track.Track.Channel}, {tail.Name} at {track.Epoch}:{track.Next}", other.Track.Last, track.Last);
    }
}
