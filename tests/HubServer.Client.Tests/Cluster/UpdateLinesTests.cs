using HubServer.Client.Tests.Fixtures;
using HubServer.History;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Cluster;

/// <summary>What a client does wrong has to be seen by the checker in the lines that are made of its updates.</summary>
public sealed class UpdateLinesTests
{
    private const string Subscriber = "q";
    private static readonly Uri Url = new("http://proxy");
    private static readonly Schema Fields = new([
        new Field("time", FieldType.Time), new Field("p", FieldType.String), new Field("seq", FieldType.Number), new Field("i", FieldType.Number),
        new Field("v", FieldType.Number), new Field("s", FieldType.String), new Field("crc", FieldType.Number),
    ]);

    private readonly List<HistoryEvent> _history = [];
    private readonly Frame[] _blocks; // Four of two rows each, one behind the other.
    private readonly Assembler _assembler = new(Clients.Query("c"));
    private readonly UpdateLines _lines = new(Subscriber, Url, ["c"], maxDataPoints: null);

    public UpdateLinesTests()
    {
        _blocks = [.. Enumerable.Range(0, 4).Select(Publish)];
        _assembler.Begin();
        _history.Add(_lines.Begin());
    }

    [Fact]
    public void Check_OfEverythingShown_AlsoAfterALoss_FindsNothing()
    {
        Show(_blocks[0], _blocks[1]);
        Lose();
        Show(_blocks[2], _blocks[3]);

        var report = Check();
        Assert.True(report.IsClean, report.ToString());
        Assert.Equal((8, 1, 1, 1), (report.Totals.ShownRows, report.Totals.Subscribers, report.Totals.Resumes, report.Totals.TailsCompared));
        Assert.Equal((2, true, 8), (_lines.Calls, _lines.IsLive, _lines.NextOf("c")));
    }

    [Fact]
    public void Check_WhenTheNewestRowsAreNotShown_FindsIt()
    {
        Show(_blocks[0], _blocks[1], _blocks[2]);

        Require(Rule.I12QuietTail);
    }

    [Fact]
    public void Check_WhenTheQueryIsNotLiveInTheEnd_FindsIt()
    {
        Show(_blocks[0], _blocks[1], _blocks[2], _blocks[3]);
        Lose();

        Require(Rule.I12QuietTail);
    }

    [Theory]
    [InlineData("a frame is left out", Rule.I6UnannouncedGap)]
    [InlineData("a frame comes twice", Rule.I2Duplicate)]
    [InlineData("two frames are swapped", Rule.I6UnannouncedGap)]
    [InlineData("a row is left out", Rule.Contract)]
    [InlineData("two rows are swapped", Rule.I4Agreement)]
    [InlineData("a row has another value", Rule.I4Agreement)]
    public void Check_WhenWhatIsShownIsNotWhatCame_FindsIt(string fault, Rule rule)
    {
        Show(_blocks[0], _blocks[1], _blocks[2], _blocks[3]);
        var at = _history.FindIndex(line => line is { Kind: HistoryKind.Frame, Offset: 2 });
        var frame = _history[at];
        switch (fault)
        {
            case "a frame is left out": _history.RemoveAt(at); break;
            case "a frame comes twice": _history.Insert(at, frame); break;
            case "two frames are swapped": (_history[at], _history[at + 1]) = (_history[at + 1], frame); break;
            case "a row is left out": _history[at] = frame with { Rows = [.. frame.Rows!.Skip(1)] }; break;
            case "two rows are swapped": _history[at] = frame with { Rows = [.. frame.Rows!.Reverse()] }; break;
            default: _history[at] = frame with { Rows = [frame.Rows![0], frame.Rows[1] with { Crc = 0 }] }; break;
        }

        Require(rule);
    }

    /// <summary>Publishes a block of two rows.</summary>
    private Frame Publish(int block)
    {
        var (rows, named) = RowContent.Make("p", block, count: 2, time: 0, optionalFields: 0, new Random(block));
        var line = new HistoryEvent { By = "p", Kind = HistoryKind.Invoke, Channel = "c", Sequence = block, Attempt = 1 };
        _history.Add(line with { Rows = named });
        _history.Add(line with { Kind = HistoryKind.Ok, Epoch = "e", Offset = block * 2, Count = 2 });
        return new Frame
        {
            RefId = "A",
            Channel = "c",
            Kind = block == 0 ? FrameKind.Snapshot : FrameKind.Delta,
            Epoch = "e",
            Offset = block * 2,
            Count = 2,
            Schema = new FrameSchema("A", "c", Fields),
            Data = [.. rows.Columns],
        };
    }

    private void Show(params Frame[] frames)
    {
        Assert.Null(_assembler.Apply(new Item { Head = new ItemHead(ItemState.Streaming, Server: new ServerInfo("1", "n", 0)), Frames = frames }));
        var update = _assembler.Release();
        Assert.NotNull(update);
        _history.AddRange(_lines.Of(update));
    }

    private void Lose()
    {
        var update = _assembler.Interrupt(new HubServerException(HubServerException.Connection, "it is gone", isTransient: true));
        Assert.NotNull(update);
        _history.AddRange(_lines.Of(update));
        _assembler.Begin();
    }

    private HistoryReport Check() => HistoryChecker.Check(new Scenario(), _history);

    private void Require(Rule rule)
    {
        var report = Check();
        Assert.True(report.Counts.ContainsKey(rule), report.ToString());
    }
}
