using HubServer.Client.Tests.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Queries;

public sealed class AssemblerTests
{
    private readonly Assembler _assembler = new(Clients.Query("**"));

    public AssemblerTests() => _assembler.Begin();

    [Fact]
    public void Release_WhileThePastIsLoading_GivesNothing()
    {
        Assert.Null(_assembler.Apply(Script.Loading(Script.Snapshot(0, 2))));

        Assert.Null(_assembler.Release());
    }

    [Fact]
    public void Release_WhenThePastIsComplete_GivesAllOfItAtOnce()
    {
        Apply(Script.Loading(Script.Snapshot(0, 2)));
        Apply(Script.Loading(Script.Snapshot(5, 1, "d")));
        var update = Apply(Script.Streaming());

        Assert.Equal(QueryState.Live, update?.State);
        Assert.Equal(["c Replaced 0+2", "d Replaced 5+1"], Texts(update));
        Assert.Equal([0.0, 1.0], update!.Frames[0].Find("value")!.Numbers.ToArray());
        Assert.Equal([0.0, 1.0], update.Frames[0].Times.ToArray());
    }

    [Fact]
    public void Release_WhenNothingChanged_GivesNothing()
    {
        Assert.NotNull(Apply(Script.Streaming()));

        Assert.Null(Apply(Script.Streaming()));
    }

    [Fact]
    public void Release_WhenAnEmptyPastIsComplete_SaysThatTheQueryIsLive() => Assert.Equal(QueryState.Live, Apply(Script.Streaming())?.State);

    [Fact]
    public void Release_WhenThereAreSeveralItems_MakesOneUpdateOfThem()
    {
        Assert.Null(_assembler.Apply(Script.Streaming(Script.Snapshot(0, 1))));
        Assert.Null(_assembler.Apply(Script.Streaming(Script.Delta(1, 1))));

        Assert.Equal(["c Replaced 0+1", "c Appended 1+1"], Texts(_assembler.Release()));
    }

    [Fact]
    public void Release_WhenThePastComesInParts_WaitsForTheLastPart()
    {
        Assert.Equal(["d Replaced 0+1"], Texts(Apply(Script.Streaming(Script.Snapshot(0, 2, more: true), Script.Snapshot(0, 1, "d")))));
        Assert.Equal(["d Appended 1+1"], Texts(Apply(Script.Streaming(Script.Delta(2, 2, more: true), Script.Delta(1, 1, "d")))));

        Assert.Equal(["c Replaced 0+2", "c Appended 2+2", "c Appended 4+1"], Texts(Apply(Script.Streaming(Script.Delta(4, 1)))));
    }

    [Fact]
    public void Begin_WhenAPastIsInParts_GoesOnFromBeforeTheFirst()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 2)));
        Apply(Script.Streaming(Script.Delta(2, 3, more: true)));
        Apply(Script.Streaming(Script.Delta(5, 3, more: true), Script.Snapshot(0, 1, "d", more: true)));

        Assert.Equal([new Resume("c", "e", 1, "A")], _assembler.Begin());
        Assert.Equal(["c Appended 2+9"], Texts(Apply(Script.Streaming(Script.Delta(2, 9)))));
    }

    [Fact]
    public void Begin_WhenThePastWasLoading_ForgetsWhatNobodySaw()
    {
        Apply(Script.Loading(Script.Snapshot(0, 2)));

        Assert.Empty(_assembler.Begin());
        Assert.Equal(["c Replaced 7+1"], Texts(Apply(Script.Streaming(Script.Snapshot(7, 1)))));
    }

    [Fact]
    public void Begin_WhenAResumeWasLoading_GoesOnFromWhatWasShown()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 2)));
        _assembler.Begin();
        Apply(Script.Loading(Script.Delta(2, 4)));

        Assert.Equal([new Resume("c", "e", 1, "A")], _assembler.Begin());
    }

    [Fact]
    public void Begin_WhenRowsWereThinned_GoesOnAfterAllThatTheyStandFor()
    {
        var thinned = new Frame
        {
            RefId = "A",
            Channel = "c",
            Kind = FrameKind.Snapshot,
            Epoch = "e",
            Offset = 10,
            Count = 500,
            Sampled = "minmax",
            Schema = Script.Description(),
            Data = [new Column([1.0, 2.0]), new Column([1.0, 2.0])],
        };
        var frame = Assert.Single(Apply(Script.Streaming(thinned))?.Frames ?? []);

        Assert.Equal((2, 500, "minmax"), (frame.Rows, frame.Count, frame.Sampled));
        Assert.Equal([new Resume("c", "e", 509, "A")], _assembler.Begin());
        Assert.Equal(frame.Position, new Resume("c", "e", 509, "A"));
    }

    [Fact]
    public void Begin_WhenTheRequestSaysWhatIsHeld_GoesOnFromThere()
    {
        var assembler = new Assembler(new QueryRequest
        {
            Targets = [new Target { RefId = "A", Channel = "*" }, new Target { RefId = "B", Channel = "*" }],
            Resume = [new Resume("c{y=\"2\", x=\"1\"}", "e", 4), new Resume("c{x=\"1\",y=\"2\"}", "e", 9, "B")],
        });

        Assert.Equal(
            [new Resume("c{x=\"1\",y=\"2\"}", "e", 4, "A"), new Resume("c{x=\"1\",y=\"2\"}", "e", 9, "B")],
            assembler.Begin().OrderBy(held => held.RefId));
        Assert.Null(assembler.Apply(Script.Streaming(Script.Delta(5, 1, "c{x=\"1\",y=\"2\"}", schema: Script.Description()))));
        Assert.Equal(["c{x=\"1\",y=\"2\"} Appended 5+1"], Texts(assembler.Release()));
    }

    [Fact]
    public void Apply_WhenADeltaHasAGap_SaysSoAndGoesOnBehindIt()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 2)));
        var lapped = new Gap("e", 2, 9, GapReason.Lapped);
        var frame = Assert.Single(Apply(Script.Streaming(Script.Delta(10, 1, gap: lapped)))?.Frames ?? []);

        Assert.Equal((FrameChange.Gap, lapped), (frame.Change, frame.Gap));
        Assert.Equal(["c Appended 11+1"], Texts(Apply(Script.Streaming(Script.Delta(11, 1)))));
    }

    [Fact]
    public void Apply_WhenRowsWereRolledBack_GoesOnWhereTheyBegan()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 5)));
        var frame = Assert.Single(Apply(Script.Streaming(Script.Delta(3, 1, epoch: "f", gap: new Gap("e", 3, 4, GapReason.Rollback))))?.Frames ?? []);

        Assert.Equal((FrameChange.Gap, GapReason.Rollback, "f"), (frame.Change, frame.Gap?.Reason, frame.Epoch));
        Assert.Equal([new Resume("c", "f", 3, "A")], _assembler.Begin());
    }

    [Fact]
    public void Apply_WhenASnapshotHasAGap_ReplacesWithTheHoleBeforeIt()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 5)));
        var frame = Assert.Single(Apply(Script.Streaming(Script.Snapshot(0, 1, epoch: "f", gap: new Gap("e", 5, null, GapReason.Reset))))?.Frames ?? []);

        Assert.Equal((FrameChange.Replaced, GapReason.Reset), (frame.Change, frame.Gap?.Reason));
    }

    [Fact]
    public void Apply_WhenTheEpochChangesWithoutALoss_TakesItOverWithoutASign()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 2)));

        Assert.Equal(["c Appended 2+1"], Texts(Apply(Script.Streaming(Script.Delta(2, 1, epoch: "f")))));
        Assert.Equal([new Resume("c", "f", 2, "A")], _assembler.Begin());
    }

    [Fact]
    public void Apply_WhenAChannelIsRemoved_ForgetsItsPosition()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 2), Script.Snapshot(0, 1, "d")));

        Assert.Equal(["c Removed 0+0"], Texts(Apply(Script.Streaming(Script.Removed()))));
        Assert.Equal([new Resume("d", "e", 0, "A")], _assembler.Begin());
        Assert.Equal(["c Replaced 0+1"], Texts(Apply(Script.Streaming(Script.Snapshot(0, 1)))));
    }

    [Fact]
    public void Apply_WhenADeltaDoesNotStartAtNext_AppliesNothingOfItsItem()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 2), Script.Snapshot(0, 1, "d")));

        Assert.Contains("starts at 3 instead of 2", _assembler.Apply(Script.Streaming(Script.Delta(1, 1, "d"), Script.Delta(3, 1))));
        Assert.Null(_assembler.Release());
        Assert.Equal([new Resume("d", "e", 0, "A")], _assembler.Begin());
    }

    [Fact]
    public void Apply_WhenABrokenChannelComesAnew_AnnouncesThatWhatWasHeldIsNotGoneOnFrom()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 2)));
        _assembler.Apply(Script.Streaming(Script.Delta(3, 1)));
        _assembler.Begin();
        Apply(Script.Loading(Script.Snapshot(4, 1, more: true)));

        // Lost once more before the past was complete: the gap is still owed.
        _assembler.Begin();
        Apply(Script.Loading(Script.Snapshot(4, 1, more: true)));
        var frames = Apply(Script.Streaming(Script.Delta(5, 1)))?.Frames ?? [];

        Assert.Equal(["c Replaced 4+1", "c Appended 5+1"], frames.Select(Text));
        Assert.Equal(new Gap("e", 2, null, GapReason.Reset), frames[0].Gap);
        Assert.Equal([new Resume("c", "e", 5, "A")], _assembler.Begin());
    }

    [Fact]
    public void Apply_WhenABrokenChannelIsGone_SaysSo()
    {
        Apply(Script.Streaming(Script.Snapshot(0, 2)));
        _assembler.Apply(Script.Streaming(Script.Delta(3, 1)));
        _assembler.Begin();

        // A node that is behind does not know yet.
        Assert.Empty(Apply(new Item { Head = new ItemHead(ItemState.Streaming, Stale: true) })?.Frames ?? []);
        Assert.Equal(["c Removed 0+0"], Texts(Apply(new Item { Head = new ItemHead(ItemState.Streaming, Stale: false) })));
    }

    [Fact]
    public void Apply_WhenAFrameCannotBe_SaysWhatIsWrongWithIt()
    {
        Assert.Contains("before its snapshot", _assembler.Apply(Script.Streaming(Script.Delta(0, 1))));
        Assert.Contains("counts 3", _assembler.Apply(Script.Streaming(With(count: 3))));
        Assert.Contains("has 1 columns for 2 fields", _assembler.Apply(Script.Streaming(With(new Column([1.0])))));
        Assert.Contains("'value'", _assembler.Apply(Script.Streaming(With(new Column([1.0]), new Column(["x"])))));
        Apply(Script.Streaming(Script.Snapshot(0, 2, more: true)));
        Assert.Contains("between the parts", _assembler.Apply(Script.Streaming(Script.Removed())));
        Assert.Contains("between the parts", _assembler.Apply(Script.Streaming(Script.Snapshot(0, 1))));
    }

    [Fact]
    public void Apply_WhenAColumnHasOnlyNulls_GivesItTheKindOfItsField()
    {
        var frame = Assert.Single(Apply(Script.Streaming(With(new Column([1.0]), Column.Nulls(ColumnKind.Empty, 1))))?.Frames ?? []);

        Assert.Equal(ColumnKind.Number, frame.Columns[1].Kind);
        Assert.True(frame.Columns[1].IsNull(0));
    }

    [Fact]
    public void Apply_WhenTheSameDescriptionComesAgain_KeepsTheOneThatIsThere()
    {
        var first = Apply(Script.Streaming(Script.Snapshot(0, 1)))?.Frames[0].Schema;
        _assembler.Begin();

        Assert.Same(first, Apply(Script.Streaming(Script.Delta(1, 1, schema: Script.Description())))?.Frames[0].Schema);
        Assert.Equal(7, Apply(Script.Streaming(Script.Delta(2, 1, schema: Script.Description(capacity: 7))))?.Frames[0].Schema.Capacity);
    }

    [Fact]
    public void Release_WhenErrorsAndStalenessChange_SaysSoOnce()
    {
        Apply(Script.Streaming());
        ItemError[] errors = [new ItemError("not_found", "there is no field 'x'")];
        var update = Apply(new Item { Head = new ItemHead(ItemState.Streaming, errors, Stale: true) });

        Assert.Equal((true, "not_found"), (update?.IsStale, update?.Errors.Single().Code));
        Assert.Null(Apply(Script.Streaming()));
        Assert.Empty(Apply(new Item { Head = new ItemHead(ItemState.Streaming, [], Stale: false) })?.Errors ?? errors);
    }

    [Fact]
    public void Interrupt_WhenTheSameProblemComesAgain_SaysItOnce()
    {
        var problem = new HubServerException(HubServerException.Connection, "nobody is there", isTransient: true);

        Assert.Equal(QueryState.Connecting, _assembler.Interrupt(problem)?.State);
        Assert.Null(_assembler.Interrupt(problem));
        Apply(Script.Streaming(Script.Snapshot(0, 1)));
        Assert.Equal((QueryState.Reconnecting, problem), (_assembler.Interrupt(problem)?.State, problem));
        _assembler.Begin();
        Assert.Equal(QueryState.Live, Apply(Script.Streaming())?.State);
    }

    private static Frame With(params Column[] data) => With(1, data);

    private static Frame With(int count, params Column[] data) => new()
    {
        RefId = "A",
        Channel = "c",
        Kind = FrameKind.Snapshot,
        Epoch = "e",
        Offset = 0,
        Count = count,
        Schema = Script.Description(),
        Data = data.Length > 0 ? data : [new Column([1.0]), new Column([1.0])],
    };

    private static List<string> Texts(QueryUpdate? update) => [.. (update?.Frames ?? []).Select(Text)];

    private static string Text(FrameUpdate frame) => $"{frame.Channel} {frame.Change} {frame.Offset}+{frame.Count}";

    private QueryUpdate? Apply(Item item)
    {
        Assert.Null(_assembler.Apply(item));
        return _assembler.Release();
    }
}
