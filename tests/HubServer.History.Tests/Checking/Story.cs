using HubServer.Protocol;

namespace HubServer.History.Tests.Checking;

/// <summary>A history made by hand, of one channel unless it says otherwise; each step is ten milliseconds after the one before.</summary>
internal sealed class Story
{
    private readonly List<HistoryEvent> _events = [];
    private readonly Dictionary<string, int> _calls = [];
    private readonly Dictionary<string, string> _nodes = [];

    /// <summary>The time of the last step.</summary>
    public double Now => _events.Count * 10;

    /// <summary>Rows of a publisher's block; their content follows from their name.</summary>
    public static HistoryRow[] Rows(string publisher, long sequence, int count, int first = 0) =>
        [.. Enumerable.Range(first, count).Select(index => new HistoryRow(publisher, sequence, index, (uint)((sequence * 100) + index)))];

    public Story Invoke(string publisher, long sequence, int rows = 1, string channel = "c") =>
        Add(new HistoryEvent { By = publisher, Kind = HistoryKind.Invoke, Sequence = sequence, Channel = channel, Rows = Rows(publisher, sequence, rows) });

    public Story Ok(string publisher, long sequence, string epoch, long offset, int rows = 1, string channel = "c") =>
        Add(new HistoryEvent { By = publisher, Kind = HistoryKind.Ok, Sequence = sequence, Channel = channel, Epoch = epoch, Offset = offset, Count = rows });

    public Story Fail(string publisher, long sequence) =>
        Add(new HistoryEvent { By = publisher, Kind = HistoryKind.Fail, Sequence = sequence, Channel = "c", Code = "overloaded" });

    public Story Info(string publisher, long sequence) =>
        Add(new HistoryEvent { By = publisher, Kind = HistoryKind.Info, Sequence = sequence, Channel = "c", Code = "timeout" });

    /// <summary>A block that was published and acknowledged.</summary>
    public Story Published(string publisher, long sequence, string epoch, long offset, int rows = 1, string channel = "c") =>
        Invoke(publisher, sequence, rows, channel).Ok(publisher, sequence, epoch, offset, rows, channel);

    /// <summary>A call of Query, with the item that begins it.</summary>
    public Story Connect(string subscriber, Resume? from = null, string node = "a", int? maxDataPoints = null, string[]? channels = null)
    {
        _calls[subscriber] = _calls.GetValueOrDefault(subscriber) + 1;
        _nodes[subscriber] = node;
        Add(new HistoryEvent { By = subscriber, Kind = HistoryKind.Connect, Call = _calls[subscriber], Url = $"http://{node}", Channels = channels ?? ["c"], Resume = from is null ? [] : [from], MaxDataPoints = maxDataPoints });
        return Item(subscriber, ItemState.Loading);
    }

    public Story Item(string subscriber, ItemState state = ItemState.Streaming, bool? stale = null) =>
        Add(new HistoryEvent { By = subscriber, Kind = HistoryKind.Item, Call = _calls[subscriber], Url = $"http://{_nodes[subscriber]}", Node = _nodes[subscriber], State = state, Stale = stale });

    public Story Snapshot(string subscriber, string epoch, long offset, HistoryRow[] rows, Gap? gap = null, bool more = false) =>
        Frame(subscriber, FrameKind.Snapshot, epoch, offset, rows, gap, more);

    public Story Delta(string subscriber, string epoch, long offset, HistoryRow[] rows, Gap? gap = null, bool more = false) =>
        Frame(subscriber, FrameKind.Delta, epoch, offset, rows, gap, more);

    public Story Removed(string subscriber, string epoch, long offset) => Frame(subscriber, FrameKind.Removed, epoch, offset, [], null, false);

    /// <summary>A delta that was thinned to some of the rows it accounts for.</summary>
    public Story Sampled(string subscriber, string epoch, long offset, int count, HistoryRow[] rows) =>
        Add(FrameOf(subscriber, FrameKind.Delta, epoch, offset) with { Count = count, Rows = rows, Sampled = "minmax" });

    public Story Leave(string subscriber, string code = "lost") =>
        Add(new HistoryEvent { By = subscriber, Kind = HistoryKind.Leave, Call = _calls[subscriber], Url = $"http://{_nodes[subscriber]}", Code = code });

    /// <summary>Adds a line as it stands.</summary>
    public Story Add(HistoryEvent line)
    {
        // Through text, as every history goes.
        _events.Add(HistoryEvent.Parse((line with { At = Now + 10 }).ToString()));
        return this;
    }

    public HistoryReport Check(AllowedLosses losses = AllowedLosses.None, double? calmAt = null) =>
        HistoryChecker.Check(new Scenario(losses, calmAt), _events);

    /// <summary>Asserts that the history keeps every promise, and says something.</summary>
    public void IsClean(AllowedLosses losses = AllowedLosses.None, double? calmAt = null)
    {
        var report = Check(losses, calmAt);
        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Totals.ShownRows > 0, report.ToString());
    }

    /// <summary>Asserts that the history breaks a promise, and of the others just those named; answers the violation.</summary>
    public Violation Breaks(Rule rule, string text, AllowedLosses losses = AllowedLosses.None, double? calmAt = null, Rule[]? also = null)
    {
        var report = Check(losses, calmAt);
        var violation = report.Violations.FirstOrDefault(one => one.Rule == rule);
        Assert.True(violation is not null, $"{rule} was not found in\n{report}");
        Assert.Contains(text, violation.Text, StringComparison.Ordinal);
        Assert.NotEmpty(violation.Lines);
        Assert.True(report.Counts.Keys.ToHashSet().SetEquals([rule, .. also ?? []]), report.ToString());
        return violation;
    }

    private Story Frame(string subscriber, FrameKind kind, string epoch, long offset, HistoryRow[] rows, Gap? gap, bool more) =>
        Add(FrameOf(subscriber, kind, epoch, offset) with { Count = rows.Length, Rows = rows, Gap = gap, More = more ? true : null });

    private HistoryEvent FrameOf(string subscriber, FrameKind kind, string epoch, long offset) => new()
    {
        By = subscriber,
        Kind = HistoryKind.Frame,
        Call = _calls[subscriber],
        Url = $"http://{_nodes[subscriber]}",
        Node = _nodes[subscriber],
        RefId = "A",
        Channel = "c",
        Frame = kind,
        Epoch = epoch,
        Offset = offset,
    };
}
