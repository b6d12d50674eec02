using HubServer.Protocol;
using static HubServer.History.Tests.Checking.Story;

namespace HubServer.History.Tests.Checking;

/// <summary>What one subscriber can see by itself: order, duplicates, holes, epochs and the words of gaps.</summary>
public sealed class SubscriberRuleTests
{
    /// <summary>Three rows, of which a subscriber has the first two and is live.</summary>
    private static Story Begun(int? maxDataPoints = null) => new Story()
        .Published("p", 1, "e1", 0, rows: 2).Published("p", 2, "e1", 2)
        .Connect("s", maxDataPoints: maxDataPoints).Snapshot("s", "e1", 0, Rows("p", 1, 2)).Item("s");

    private static Gap Lapped(string epoch, long from, long to) => new(epoch, from, to, GapReason.Lapped);

    private static Gap Rollback(string epoch, long from, long to) => new(epoch, from, to, GapReason.Rollback);

    [Fact]
    public void Check_WhenRowsComeInOrder_FindsNothing() => Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).IsClean();

    [Fact]
    public void Check_WhenADeltaRepeatsRows_FindsADuplicate()
    {
        var violation = Begun().Delta("s", "e1", 1, [.. Rows("p", 1, 1, first: 1), .. Rows("p", 2, 1)]).Breaks(Rule.I2Duplicate, "a delta at 1, where 2 is next");
        Assert.Contains(violation.Lines, line => line.StartsWith("9: {\"at\":90,\"by\":\"s\",\"kind\":\"frame\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Check_WhenADeltaGoesBackToOtherRows_FindsTheOrder() =>
        Begun().Delta("s", "e1", 1, Rows("p", 2, 1)).Breaks(Rule.I3Order, "a delta at 1, where 2 is next", also: [Rule.I4Agreement, Rule.I12QuietTail]);

    [Fact]
    public void Check_WhenADeltaLeavesOutRows_FindsTheHole() => new Story()
        .Published("p", 1, "e1", 0).Published("p", 2, "e1", 1).Published("p", 3, "e1", 2)
        .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Delta("s", "e1", 2, Rows("p", 3, 1))
        .Breaks(Rule.I6UnannouncedGap, "a delta at 2, where 1 is next");

    [Fact]
    public void Check_WhenRowsThatWereSkippedAreLapped_AllowsItWhereTheScenarioDoes()
    {
        var story = new Story()
            .Published("p", 1, "e1", 0).Published("p", 2, "e1", 1).Published("p", 3, "e1", 2)
            .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Delta("s", "e1", 2, Rows("p", 3, 1), Lapped("e1", 1, 1));
        story.IsClean(AllowedLosses.Lapped);
        Assert.Equal((1, 1), story.Check(AllowedLosses.Lapped).Totals.GapsOf(GapReason.Lapped));
        story.Breaks(Rule.AllowedLosses, "a gap of reason Lapped");
    }

    [Theory]
    [InlineData("e1", 0, 1)]
    [InlineData("e0", 1, 1)]
    [InlineData("e1", 1, 0)]
    public void Check_WhenALapIsNotWhatIsMissing_FindsIt(string epoch, long from, long to) => new Story()
        .Published("p", 1, "e1", 0).Published("p", 2, "e1", 1).Published("p", 3, "e1", 2)
        .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Delta("s", "e1", 2, Rows("p", 3, 1), Lapped(epoch, from, to))
        .Breaks(Rule.I6UnannouncedGap, "the gap is not what is missing", AllowedLosses.Lapped);

    [Fact]
    public void Check_WhenALapNamesRowsThatCome_FindsIt() =>
        Begun().Published("p", 3, "e1", 3).Delta("s", "e1", 3, Rows("p", 3, 1), Lapped("e1", 2, 3))
            .Breaks(Rule.I6UnannouncedGap, "the gap is not what is missing", AllowedLosses.Lapped, also: [Rule.I3Order]);

    [Fact]
    public void Check_WhenABlockIsTorn_FindsTheOrder() => new Story()
        .Invoke("p", 1, rows: 2).Info("p", 1).Published("q", 1, "e1", 1)
        .Connect("s").Snapshot("s", "e1", 0, [.. Rows("p", 1, 1), .. Rows("q", 1, 1)]).Item("s")
        .Breaks(Rule.I3Order, "a block is torn");

    [Fact]
    public void Check_WhenAPublishersBlocksChangePlaces_FindsTheOrder() => new Story()
        .Published("p", 1, "e1", 1).Published("p", 2, "e1", 0)
        .Connect("s").Snapshot("s", "e1", 0, [.. Rows("p", 2, 1), .. Rows("p", 1, 1)]).Item("s")
        .Breaks(Rule.I3Order, "after p:2:0:000000c8 of the same publisher");

    [Fact]
    public void Check_WhenASnapshotBeginsInsideABlock_FindsNothing() => new Story()
        .Published("p", 1, "e1", 0, rows: 3).Published("q", 1, "e1", 3)
        .Connect("s").Snapshot("s", "e1", 2, [.. Rows("p", 1, 1, first: 2), .. Rows("q", 1, 1)]).Item("s").IsClean();

    [Fact]
    public void Check_WhenAnEpochGoesOnAtTheExpectedOffset_FindsNothing()
    {
        var story = Begun().Delta("s", "e2", 2, Rows("p", 2, 1));
        story.IsClean();
        Assert.Equal(1, story.Check().Totals.Continuations);
    }

    [Fact]
    public void Check_WhenAnEpochComesBack_FindsIt() =>
        Begun().Published("q", 1, "e2", 3).Delta("s", "e2", 2, Rows("p", 2, 1)).Delta("s", "e1", 3, Rows("q", 1, 1)).Breaks(Rule.I5StaleEpoch, "epoch e1 comes back");

    [Fact]
    public void Check_WhenANodeServesAnEpochThatItHadLeft_FindsIt()
    {
        var before = Begun().Delta("s", "e2", 2, Rows("p", 2, 1)).Connect("t", node: "b").Snapshot("t", "e1", 0, Rows("p", 1, 2)).Delta("t", "e1", 2, Rows("p", 2, 1)).Item("t");
        before.IsClean();
        before.Connect("u", node: "a").Snapshot("u", "e1", 0, Rows("p", 1, 2)).Delta("u", "e1", 2, Rows("p", 2, 1)).Item("u")
            .Breaks(Rule.I5StaleEpoch, "node a http://a served e1 in a call that began after it had served e2");
    }

    [Fact]
    public void Check_WhenARunningCallIsServedTheEpochBefore_FindsNothing() =>
        Begun().Connect("t").Delta("s", "e2", 2, Rows("p", 2, 1)).Snapshot("t", "e1", 0, Rows("p", 1, 2)).Delta("t", "e2", 2, Rows("p", 2, 1)).Item("t").IsClean();

    [Fact]
    public void Check_WhenRowsAreRolledBack_AllowsItWhereTheScenarioDoes()
    {
        var story = Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Published("p", 3, "e2", 2).Delta("s", "e2", 2, Rows("p", 3, 1), Rollback("e1", 2, 2));
        story.IsClean(AllowedLosses.Rollback);
        var totals = story.Check(AllowedLosses.Rollback).Totals;
        Assert.Equal((1, 1), totals.GapsOf(GapReason.Rollback));
        Assert.Equal((1, 1), (totals.TakenBackRows, totals.LostRows));
        story.Breaks(Rule.AllowedLosses, "a gap of reason Rollback", AllowedLosses.Reset | AllowedLosses.Lapped);
    }

    [Theory]
    [InlineData("e1", 2, 3)]
    [InlineData("e0", 2, 2)]
    [InlineData("e1", 3, 2)]
    public void Check_WhenARollbackIsNotWhatIsTakenBack_FindsIt(string epoch, long from, long to) =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Published("p", 3, "e2", from).Delta("s", "e2", from, Rows("p", 3, 1), Rollback(epoch, from, to))
            .Breaks(Rule.I6UnannouncedGap, "the gap is not what is taken back", AllowedLosses.Rollback);

    [Fact]
    public void Check_WhenRowsAreLostAndTheEpochStays_FindsIt() =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Delta("s", "e1", 2, Rows("p", 2, 1), Rollback("e1", 2, 2)).Breaks(Rule.I5StaleEpoch, "the epoch is the same", AllowedLosses.Rollback);

    [Fact]
    public void Check_WhenAChannelIsReset_AllowsItWhereTheScenarioDoes()
    {
        var story = Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Published("p", 3, "e2", 0)
            .Snapshot("s", "e2", 0, Rows("p", 3, 1), new Gap("e1", 3, null, GapReason.Reset));
        story.IsClean(AllowedLosses.Reset);
        Assert.Equal((1, 3), story.Check(AllowedLosses.Reset).Totals.GapsOf(GapReason.Reset));
        story.Breaks(Rule.AllowedLosses, "a gap of reason Reset", AllowedLosses.Rollback | AllowedLosses.Lapped);
    }

    [Theory]
    [InlineData("e1", 1, null)]
    [InlineData("e0", 2, null)]
    [InlineData("e1", 2, 2L)]
    public void Check_WhenAResetIsNotWhatIsGone_FindsIt(string epoch, long from, long? to) =>
        Begun().Published("p", 3, "e2", 0).Snapshot("s", "e2", 0, Rows("p", 3, 1), new Gap(epoch, from, to, GapReason.Reset))
            .Breaks(Rule.I6UnannouncedGap, "the gap is not what is gone", AllowedLosses.Reset);

    [Fact]
    public void Check_WhenASnapshotRepeatsWhatIsHeld_FindsADuplicate() =>
        Begun().Snapshot("s", "e1", 0, [.. Rows("p", 1, 2), .. Rows("p", 2, 1)]).Breaks(Rule.I2Duplicate, "a snapshot of what is held already");

    [Fact]
    public void Check_WhenARunningClientFallsBehindMaxDataPoints_MayGetASnapshot()
    {
        Begun(maxDataPoints: 2).Snapshot("s", "e1", 0, [.. Rows("p", 1, 2), .. Rows("p", 2, 1)]).IsClean();
        Begun(maxDataPoints: 2).Published("p", 3, "e1", 3).Snapshot("s", "e1", 3, Rows("p", 3, 1)).Breaks(Rule.I6UnannouncedGap, "a snapshot from 3 on");
        Begun(maxDataPoints: 2).Published("p", 3, "e1", 3).Snapshot("s", "e1", 3, Rows("p", 3, 1), Lapped("e1", 2, 2)).IsClean(AllowedLosses.Lapped);
    }

    [Fact]
    public void Check_WhenThinnedRowsAreOfTheirRun_FindsNothing()
    {
        Begun(maxDataPoints: 2).Published("p", 3, "e1", 3).Sampled("s", "e1", 2, 2, Rows("p", 3, 1)).IsClean();
        Begun(maxDataPoints: 2).Published("p", 3, "e1", 3).Sampled("s", "e1", 2, 2, Rows("p", 1, 1)).Breaks(Rule.I4Agreement, "none of the rows that it was sampled from");
    }

    [Fact]
    public void Check_WhenAPastInPartsIsLost_GoesOnFromBeforeIt()
    {
        var story = Begun().Published("p", 3, "e1", 3).Delta("s", "e1", 2, Rows("p", 2, 1), more: true).Leave("s");
        story.Connect("s", new Resume("c", "e1", 1, "A")).Delta("s", "e1", 2, Rows("p", 2, 1), more: true).Delta("s", "e1", 3, Rows("p", 3, 1)).Item("s").IsClean();
        Assert.Equal(1, story.Check().Totals.SplitPasts);
    }

    [Fact]
    public void Check_WhenASubscriberGoesOnFromAnotherPosition_FindsIt()
    {
        Begun().Leave("s").Connect("s", new Resume("c", "e1", 1, "A")).Delta("s", "e1", 2, Rows("p", 2, 1)).Item("s").IsClean();
        Begun().Leave("s").Connect("s", new Resume("c", "e1", 0, "A")).Delta("s", "e1", 2, Rows("p", 2, 1)).Item("s").Breaks(Rule.Contract, "goes on from e1:0, and holds e1:1");
    }

    [Fact]
    public void Check_WhenAResumedSubscriberGetsASnapshot_FindsADuplicate() =>
        Begun().Leave("s").Connect("s", new Resume("c", "e1", 1, "A"), maxDataPoints: 5).Snapshot("s", "e1", 0, [.. Rows("p", 1, 2), .. Rows("p", 2, 1)]).Item("s")
            .Breaks(Rule.I2Duplicate, "a snapshot of what is held already");

    [Fact]
    public void Check_WhenADeltaComesFirst_FindsTheHole() => new Story()
        .Published("p", 1, "e1", 0).Connect("s").Delta("s", "e1", 0, Rows("p", 1, 1)).Item("s").Breaks(Rule.I6UnannouncedGap, "does not hold c");

    [Fact]
    public void Check_WhenAChannelIsRemoved_AllowsItWhereTheScenarioDoes()
    {
        var story = Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Removed("s", "e1", 3).Published("p", 3, "e2", 0).Snapshot("s", "e2", 0, Rows("p", 3, 1));
        story.IsClean(AllowedLosses.Removed);
        story.Breaks(Rule.AllowedLosses, "c was removed", AllowedLosses.Reset);
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Removed("s", "e1", 3).Snapshot("s", "e1", 0, Rows("p", 1, 2)).Delta("s", "e1", 2, Rows("p", 2, 1))
            .Breaks(Rule.I5StaleEpoch, "epoch e1 comes back", AllowedLosses.Removed);
    }

    [Fact]
    public void Check_WhenAFrameHasFewerRowsThanItCounts_FindsIt() =>
        Begun().Add(new HistoryEvent { By = "s", Kind = HistoryKind.Frame, Call = 1, Node = "a", RefId = "A", Channel = "c", Frame = FrameKind.Delta, Epoch = "e1", Offset = 2, Count = 1, Rows = [] })
            .Breaks(Rule.Contract, "0 rows where 1 are counted");

    [Fact]
    public void Check_WhenStaleIsSaidAgain_FindsIt()
    {
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Item("s", stale: true).Item("s", stale: false).IsClean();
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Item("s", stale: false).Breaks(Rule.Contract, "stale is False again");
    }
}
