using HubServer.Protocol;
using static HubServer.History.Tests.Checking.Story;

namespace HubServer.History.Tests.Checking;

/// <summary>What the wire contract forbids beside the numbered promises, and what a recorder must not write.</summary>
public sealed class ContractRuleTests
{
    /// <summary>Three rows, of which a subscriber has the first two and is live.</summary>
    private static Story Begun() => new Story()
        .Published("p", 1, "e1", 0, rows: 2).Published("p", 2, "e1", 2)
        .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 2)).Item("s");

    [Fact]
    public void Check_WhenAnAnswerIsToNothing_FindsIt() =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Ok("q", 9, "e1", 3).Breaks(Rule.Contract, "an answer to a publish that nobody sent");

    [Fact]
    public void Check_WhenARetryCarriesOtherRows_FindsIt() =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Invoke("p", 2, rows: 2).Info("p", 2).Breaks(Rule.Contract, "a retry carries the same rows");

    [Fact]
    public void Check_WhenAnItemIsOfNoRunningCall_FindsIt() =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Leave("s", "away").Item("s").Breaks(Rule.Contract, "s has an item of no running call");

    [Fact]
    public void Check_WhenAnotherNodeAnswersWithinACall_FindsIt() =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Add(new HistoryEvent { By = "s", Kind = HistoryKind.Item, Call = 1, Url = "http://a", Node = "b", State = ItemState.Streaming })
            .Breaks(Rule.Contract, "the node of a call is a, and b");

    [Fact]
    public void Check_WhenLoadingFollowsStreaming_FindsIt() =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Item("s", ItemState.Loading).Item("s").Breaks(Rule.Contract, "s: Loading follows Streaming");

    [Fact]
    public void Check_WhenAFrameComesWithoutAnItem_FindsIt() => new Story()
        .Published("p", 1, "e1", 0).Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1)).Item("s")
        .Add(new HistoryEvent { By = "t", Kind = HistoryKind.Frame, Call = 1, Channel = "c", Frame = FrameKind.Snapshot, Epoch = "e1", Offset = 0, Count = 0, Rows = [] })
        .Breaks(Rule.Contract, "t has a frame of no item", also: [Rule.I12QuietTail]);

    [Fact]
    public void Check_WhenASubscriberFoundTheContractBroken_SaysSo() =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Leave("s", "broken").Connect("s", new Resume("c", "e1", 2, "A")).Item("s")
            .Breaks(Rule.Contract, "s found the contract broken by the item before");

    [Fact]
    public void Check_WhenASubscriberDroppedAnItem_GoesOnFromWhereItSays() =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Leave("s", "broken").Connect("s", new Resume("c", "e1", 1, "A")).Delta("s", "e1", 2, Rows("p", 2, 1)).Item("s")
            .Breaks(Rule.Contract, "s found the contract broken by the item before");

    [Fact]
    public void Check_WhenASnapshotComesInsideAPastInParts_FindsIt() => new Story()
        .Published("p", 1, "e1", 0).Published("p", 2, "e1", 1)
        .Connect("s").Snapshot("s", "e1", 0, Rows("p", 1, 1), more: true).Snapshot("s", "e1", 0, [.. Rows("p", 1, 1), .. Rows("p", 2, 1)]).Item("s")
        .Breaks(Rule.Contract, "a Snapshot of c inside a past in parts");

    [Theory]
    [InlineData("e1", 2)]
    [InlineData("e0", 3)]
    public void Check_WhenARemovalIsNotOfWhatIsHeld_FindsIt(string epoch, long offset) =>
        Begun().Delta("s", "e1", 2, Rows("p", 2, 1)).Removed("s", epoch, offset).Published("p", 3, "e2", 0).Snapshot("s", "e2", 0, Rows("p", 3, 1))
            .Breaks(Rule.Contract, $"removed at {epoch}:{offset}", AllowedLosses.Removed);

    [Fact]
    public void Check_WhenAGapComesBeforeTheFirstSnapshot_FindsIt() => new Story()
        .Published("p", 1, "e1", 0).Published("p", 2, "e1", 1)
        .Connect("s").Snapshot("s", "e1", 1, Rows("p", 2, 1), new Gap("e1", 0, 0, GapReason.Lapped)).Item("s")
        .Breaks(Rule.Contract, "a gap before the first snapshot", AllowedLosses.Lapped);

    [Fact]
    public void Check_WhenALapIsAnsweredWithASnapshotThatNobodyAskedFor_FindsIt() =>
        Begun().Published("p", 3, "e1", 3).Snapshot("s", "e1", 3, Rows("p", 3, 1), new Gap("e1", 2, 2, GapReason.Lapped))
            .Breaks(Rule.Contract, "a snapshot for a lap, and nobody asked for maxDataPoints", AllowedLosses.Lapped);
}
