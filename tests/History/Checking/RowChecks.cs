namespace HubServer.History;

/// <summary>Holds what each subscriber has been shown, once its history is over, to what publishers were told of their rows.</summary>
internal sealed class RowChecks(Findings findings, PublishBook book, HistoryTotals totals)
{
    private readonly HashSet<int> _lost = [];
    private readonly HashSet<int> _shown = [];

    /// <summary>Checks a subscriber's channels.</summary>
    public void Check(SubscriberReplay subscriber)
    {
        foreach (var track in subscriber.Tracks)
        {
            _shown.UnionWith(track.Shown.Places.Keys);
            foreach (var block in book.Blocks)
            {
                if (block.Channel == track.Channel && block.Ok is { } ok && track.IsHeld)
                    CheckAcknowledged(subscriber, track, block, ok);
            }
        }
    }

    /// <summary>Counts, once all subscribers are checked.</summary>
    public void Count()
    {
        foreach (var block in book.Blocks)
        {
            totals.Blocks++;
            totals.Rows += block.Rows.Count;
            totals.Attempts += block.Attempts;
            totals.AcknowledgedRows += block.IsAcknowledged ? block.Rows.Count : 0;
            totals.RepeatedBlocks += block.Oks.Count > 1 ? 1 : 0;
            totals.RefusedBlocks += block.IsRefused ? 1 : 0;
            totals.UnknownBlocks += block.WasUnknown ? 1 : 0;
            totals.ResolvedBlocks += block.WasUnknown && block.IsAcknowledged ? 1 : 0;
            var isShown = Enumerable.Range(block.FirstRow, block.Rows.Count).Any(_shown.Contains);
            totals.UnknownShown += !block.IsAcknowledged && !block.IsRefused && isShown ? 1 : 0;
        }

        totals.LostRows = _lost.Count;
    }

    private void CheckAcknowledged(SubscriberReplay subscriber, Track track, PublishedBlock block, HistoryLine ok)
    {
        var at = $"{subscriber.Name}, {track.Channel}";
        for (var i = 0; i < block.Rows.Count; i++)
        {
            var row = block.FirstRow + i;
            var offset = (ok.Event.Offset ?? 0) + i;
            if (track.Shown.Places.TryGetValue(row, out var place))
                RequirePlace(track, block, ok, place, offset, $"{at}: {block.Rows[i]} is shown at {place}, and acknowledged at {ok.Event.Epoch}:{offset}");
            else if (!track.Shown.Has(row))
                RequireExcuse(track, block, ok, row, offset, $"{at}: {block.Rows[i]} was acknowledged at {ok.Event.Epoch}:{offset} and is not shown");
        }
    }

    private void RequirePlace(Track track, PublishedBlock block, HistoryLine ok, long place, long offset, string text)
    {
        if (place == offset)
            return;

        // One that was sent away before a rollback, and not told of it, still has the place of a first attempt.
        if (!track.Knows(ok.Event.Epoch) && findings.Allows(AllowedLosses.Rollback | AllowedLosses.Reset | AllowedLosses.Removed))
            return;
        findings.Add(block.WasUnknown ? Rule.I11Honesty : Rule.I4Agreement, text, ok, block.Info, track.Last);
    }

    /// <summary>A row may be missing before what the subscriber came in at, after where it got to, and in a lap.</summary>
    private void RequireExcuse(Track track, PublishedBlock block, HistoryLine ok, int row, long offset, string text)
    {
        if (track.Shown.TellOf(offset) is not { Kind: SegmentKind.Rows } told)
            return;

        // Another row stands in its place. In the same epoch that is a disagreement, which was found already.
        if (told.Epoch == ok.Event.Epoch)
            return;
        if (findings.Allows(AllowedLosses.Rollback | AllowedLosses.Reset | AllowedLosses.Removed))
            _lost.Add(row);
        else
            findings.Add(Rule.I1LostRow, $"{text}, but another row of epoch {told.Epoch} is", block.Invoke, ok, track.Last);
    }
}
