using HubServer.Protocol;
using static HubServer.History.Tests.Checking.Story;

namespace HubServer.History.Tests.Checking;

/// <summary>What only all lines together show: lost rows, agreement, unknown outcomes and the end.</summary>
public sealed class SystemRuleTests
{
    private static Gap Rollback(string epoch, long from, long to) => new(epoch, from, to, GapReason.Rollback);

    [Fact]
    public void Check_WhenAnotherRowStandsInTheNextEpochInPlaceOfAnAcknowledgedOne_FindsTheLoss()
    {
        // The second row of e1 was lost before the subscriber got it: its own frames are in order.
        var story = new Story()
            .Published("p", 1, "e1", 0).Published("p", 2, "e1", 1)
            .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s")
            .Published("q", 1, "e2", 1).Delta("s", "e2", 1, Rows("q", 1, 1));
        story.Breaks(Rule.I1LostRow, "s, c: p:2:0:000000c8 was acknowledged at e1:1 and is not shown, but another row of epoch e2 is");
        story.Breaks(Rule.I1LostRow, "is not shown", AllowedLosses.Lapped);
        story.IsClean(AllowedLosses.Rollback);
        Assert.Equal(1, story.Check(AllowedLosses.Rollback).Totals.LostRows);
    }

    [Fact]
    public void Check_WhenASubscriberCameLater_OwesItNothingFromBefore() => new Story()
        .Published("p", 1, "e1", 0).Published("p", 2, "e1", 1).Connect("s").Snapshot("s", "e1", 1, Rows("p", 2, 1)).Item("s").IsClean();

    [Fact]
    public void Check_WhenARetryGetsTheFirstAnswer_FindsNothing()
    {
        var story = new Story().Invoke("p", 1).Info("p", 1).Published("p", 1, "e1", 0).Published("p", 1, "e1", 0)
            .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s");
        story.IsClean();
        var totals = story.Check().Totals;
        Assert.Equal((1, 1, 1, 3), (totals.UnknownBlocks, totals.ResolvedBlocks, totals.RepeatedBlocks, totals.Attempts));
    }

    [Fact]
    public void Check_WhenARetryGetsAnotherAnswer_FindsADuplicate()
    {
        new Story().Published("p", 1, "e1", 0).Published("p", 1, "e1", 1)
            .Connect("s").Snapshot("s", "e1", 0, [.. Rows("p", 1, 1), .. Rows("p", 1, 1)]).Item("s")
            .Breaks(Rule.I2Duplicate, "a repeated publish of p:1:0:00000064 got another answer");

        // In another epoch it may, where the first rows may have been lost with all memory of them.
        var lost = new Story().Published("p", 1, "e1", 0).Published("p", 1, "e2", 0).Connect("s").Snapshot("s", "e2", 0, Rows("p", 1, 1)).Item("s");
        lost.IsClean(AllowedLosses.Reset);
        lost.Breaks(Rule.I2Duplicate, "got another answer");
    }

    [Fact]
    public void Check_WhenARowIsTwiceInOnePictureAcrossEpochs_FindsADuplicate() => new Story()
        .Invoke("p", 1).Info("p", 1).Published("q", 1, "e1", 1)
        .Connect("s").Snapshot("s", "e1", 0, [.. Rows("p", 1, 1), .. Rows("q", 1, 1)]).Item("s")
        .Invoke("p", 1).Info("p", 1).Delta("s", "e2", 2, Rows("p", 1, 1))
        .Breaks(Rule.I2Duplicate, "s shows p:1:0:00000064 of c at 0 and at 2", also: [Rule.I11Honesty]);

    [Fact]
    public void Check_WhenTwoSubscribersSeeDifferentRowsAtAPosition_FindsTheDisagreement() => new Story()
        .Invoke("p", 1).Info("p", 1).Invoke("q", 1).Info("q", 1)
        .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s")
        .Connect("t").Snapshot("t", "e1", 0, Rows("q", 1, 1)).Item("t")
        .Breaks(Rule.I4Agreement, "c e1:0 is p:1:0:00000064 and q:1:0:00000064");

    [Fact]
    public void Check_WhenTwoPublishersGetOnePosition_FindsTheDisagreement() => new Story()
        .Published("p", 1, "e1", 0).Published("q", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s")
        .Breaks(Rule.I4Agreement, "c e1:0 is");

    [Fact]
    public void Check_WhenARowIsShownWhereItWasNotAcknowledged_FindsTheDisagreement() => new Story()
        .Published("p", 1, "e1", 0).Published("q", 1, "e1", 1)
        .Connect("s").Snapshot("s", "e2", 0, [.. Rows("q", 1, 1), .. Rows("p", 1, 1)]).Item("s")
        .Breaks(Rule.I4Agreement, "is shown at 1, and acknowledged at e1:0");

    [Fact]
    public void Check_WhenACarriedOverRowIsAnotherThere_FindsTheDisagreement()
    {
        // The second row of e1 is another one in e2, and the first subscriber was not told to forget it.
        var story = new Story().Published("p", 1, "e1", 0).Invoke("p", 2).Info("p", 2)
            .Connect("s").Snapshot("s", "e1", 0, [.. Rows("p", 1, 1), .. Rows("p", 2, 1)]).Item("s")
            .Published("q", 1, "e2", 1).Published("q", 2, "e2", 2);
        story.Delta("s", "e2", 2, Rows("q", 2, 1)).Breaks(Rule.I4Agreement, "c e2:1 is q:1:0:00000064 and p:2:0:000000c8", also: [Rule.I1LostRow]);
    }

    [Fact]
    public void Check_WhenARowHasAnotherContentThanPublished_FindsIt() => new Story()
        .Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, [new HistoryRow("p", 1, 0, 7)]).Item("s")
        .Breaks(Rule.I4Agreement, "row p:1:0:00000007 was published as p:1:0:00000064");

    [Fact]
    public void Check_WhenARowIsNobodys_FindsIt()
    {
        new Story().Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("x", 1, 1)).Item("s").Breaks(Rule.I4Agreement, "nobody published row x:1:0");
        new Story().Published("p", 1, "e1", 0, channel: "d").Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Breaks(Rule.I4Agreement, "was published to d");
    }

    [Fact]
    public void Check_WhenARefusedRowIsShown_FindsIt()
    {
        new Story().Invoke("p", 1).Fail("p", 1).Published("p", 2, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 2, 1)).Item("s").IsClean();
        new Story().Invoke("p", 1).Fail("p", 1).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Breaks(Rule.I11Honesty, "its publisher was told that nothing was written");

        // A refused retry says nothing of the first attempt.
        new Story().Invoke("p", 1).Info("p", 1).Invoke("p", 1).Fail("p", 1).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").IsClean();
    }

    [Fact]
    public void Check_WhenARowOfUnknownOutcomeIsShownOnceOrNever_FindsNothing()
    {
        var story = new Story().Invoke("p", 1).Info("p", 1).Invoke("p", 2).Info("p", 2).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s");
        story.IsClean();
        Assert.Equal((2, 0, 1), (story.Check().Totals.UnknownBlocks, story.Check().Totals.ResolvedBlocks, story.Check().Totals.UnknownShown));
    }

    [Fact]
    public void Check_WhenARowOfUnknownOutcomeIsAtTwoPositions_FindsIt() => new Story()
        .Invoke("p", 1).Info("p", 1).Published("q", 1, "e1", 1)
        .Connect("s").Snapshot("s", "e1", 0, [.. Rows("p", 1, 1), .. Rows("q", 1, 1)]).Item("s")
        .Connect("t").Snapshot("t", "e1", 1, [.. Rows("q", 1, 1), .. Rows("p", 1, 1)]).Item("t")
        .Breaks(Rule.I11Honesty, "c e1 has p:1:0:00000064 at 0 and at 2", also: [Rule.I12QuietTail]);

    [Fact]
    public void Check_WhenAFirstAttemptStaysVisibleBesideItsRetry_FindsIt()
    {
        // The first attempt's row was lost with e1, and the retry was written in e2.
        var story = new Story().Published("q", 1, "e1", 0).Invoke("p", 1).Info("p", 1)
            .Connect("s").Snapshot("s", "e1", 0, [.. Rows("q", 1, 1), .. Rows("p", 1, 1)]).Item("s")
            .Published("q", 2, "e2", 1).Published("p", 1, "e2", 2);
        story.Delta("s", "e2", 1, [.. Rows("q", 2, 1), .. Rows("p", 1, 1)], Rollback("e1", 1, 1)).IsClean(AllowedLosses.Rollback);

        var silent = new Story().Published("q", 1, "e1", 0).Invoke("p", 1).Info("p", 1)
            .Connect("s").Snapshot("s", "e1", 0, [.. Rows("q", 1, 1), .. Rows("p", 1, 1)]).Item("s")
            .Published("p", 1, "e2", 5).Delta("s", "e2", 2, []);
        silent.Breaks(Rule.I11Honesty, "is shown at 1, and acknowledged at e2:5", AllowedLosses.Rollback, also: [Rule.I12QuietTail, Rule.I2Duplicate]);
    }

    [Fact]
    public void Check_WhenTheLastRowDoesNotCome_FindsIt() => new Story()
        .Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Published("p", 2, "e1", 1)
        .Breaks(Rule.I12QuietTail, "s ends at e1:1 of c; the last acknowledged row is before e1:2");

    [Fact]
    public void Check_WhenTheLastRowComesAfterTheCalm_FindsIt()
    {
        var story = new Story().Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Published("p", 2, "e1", 1);
        var calm = story.Now;
        story.Delta("s", "e1", 1, Rows("p", 2, 1)).IsClean();
        story.Breaks(Rule.I12QuietTail, "s ends at e1:1", calmAt: calm);

        // What was acknowledged later need not be there.
        story.Published("p", 3, "e1", 2).IsClean(calmAt: story.Now - 10);
    }

    [Fact]
    public void Check_WhenTheTailIsLost_NeedsAnAnnouncement()
    {
        var told = new Story().Published("p", 1, "e1", 0).Published("p", 2, "e1", 1)
            .Connect("s").Snapshot("s", "e1", 0, [.. Rows("p", 1, 1), .. Rows("p", 2, 1)]).Item("s").Delta("s", "e2", 1, [], Rollback("e1", 1, 1));
        told.IsClean(AllowedLosses.Rollback);

        new Story().Published("p", 1, "e1", 0).Published("p", 2, "e1", 1)
            .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Delta("s", "e2", 1, [])
            .Breaks(Rule.I12QuietTail, "s ends at e2:1", AllowedLosses.Rollback);
    }

    [Fact]
    public void Check_WhenSubscribersEndAtDifferentPositions_FindsIt() => new Story()
        .Published("p", 1, "e1", 0).Invoke("p", 2).Info("p", 2)
        .Connect("s").Snapshot("s", "e1", 0, [.. Rows("p", 1, 1), .. Rows("p", 2, 1)]).Item("s")
        .Connect("t").Snapshot("t", "e1", 0, Rows("p", 1, 1)).Item("t")
        .Breaks(Rule.I12QuietTail, "s ends at e1:2 of c, t at e1:1");

    [Fact]
    public void Check_WhenASubscriberIsNotThereInTheEnd_FindsItUnlessItWasSentAway()
    {
        Story Story() => new Story().Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Published("p", 2, "e1", 1);
        Story().Leave("s", "lost").Breaks(Rule.I12QuietTail, "s is not live in the end: lost");
        Story().Leave("s", "away").IsClean();
        Assert.Equal(0, Story().Leave("s", "away").Check().Totals.LiveInTheEnd);

        // Who is stopped counts as it stood before.
        Story().Leave("s", "stopped").Breaks(Rule.I12QuietTail, "s ends at e1:1");
    }

    [Fact]
    public void Check_WhenAChannelNeverComes_FindsIt() => new Story()
        .Published("p", 1, "e1", 0).Published("p", 2, "e9", 0, channel: "d")
        .Connect("s", channels: ["c", "d"]).Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s")
        .Breaks(Rule.I12QuietTail, "s has nothing of d in the end");

    [Fact]
    public void Check_WhenASubscriberLoadsOrIsStaleInTheEnd_FindsIt()
    {
        new Story().Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Breaks(Rule.I12QuietTail, "s is not live in the end: Loading");
        new Story().Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s", stale: true).Breaks(Rule.I12QuietTail, "still told in the end");
    }

    [Fact]
    public void Check_WhenAnEpochWentOnAfterTheLastRow_FindsNothing() => new Story()
        .Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s").Delta("s", "e2", 1, [])
        .Connect("t", node: "b").Snapshot("t", "e1", 0, Rows("p", 1, 1)).Item("t").IsClean();

    [Fact]
    public void Check_WhenAnAcknowledgementIsOfFewerRows_FindsIt() => new Story()
        .Invoke("p", 1, rows: 2).Ok("p", 1, "e1", 0, rows: 1).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 2)).Item("s")
        .Breaks(Rule.Contract, "an acknowledgement is of all 2 rows");

    [Fact]
    public void Check_WhenThereAreManyViolations_KeepsAFewOfEachRule()
    {
        var story = new Story().Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s");
        for (var i = 0; i < 50; i++)
            story.Delta("s", "e1", 1 + i, Rows("x", i, 1));
        var report = story.Check();
        Assert.Equal(10, report.Violations.Count(violation => violation.Rule == Rule.I4Agreement));
        Assert.Equal(50, report.Counts[Rule.I4Agreement]);
    }
}
