namespace HubServer.History;

/// <summary>
/// The picture that a subscriber has of one channel: the rows of the epoch held and of those that it went on from, and
/// what is known about each run of offsets. Rows that a snapshot leaves out stay seen; those taken back do not.
/// </summary>
internal sealed class ShownRows(Findings findings, PublishBook book, Agreement agreement, HistoryTotals totals, string channel)
{
    private readonly Dictionary<long, int> _byOffset = [];
    private readonly Dictionary<int, long> _places = [];
    private readonly HashSet<int> _sampled = [];
    private readonly Dictionary<string, (long Offset, HistoryRow Row)> _lastOf = [];
    private readonly List<Segment> _segments = [];

    public IReadOnlyDictionary<int, long> Places => _places;

    public bool Has(int row) => _places.ContainsKey(row) || _sampled.Contains(row);

    /// <summary>What the subscriber was told of an offset; null for nothing.</summary>
    public Segment? TellOf(long offset)
    {
        // What came last counts: a snapshot tells of offsets again.
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            if (_segments[i].From <= offset && offset < _segments[i].End)
                return _segments[i];
        }

        return null;
    }

    /// <summary>Adds what was told of a run.</summary>
    public void Tell(Segment told)
    {
        if (told.From == told.End)
            return;
        if (_segments.Count > 0 && _segments[^1] is var last && last.End == told.From && last.Kind == told.Kind && last.Epoch == told.Epoch)
            _segments[^1] = last with { End = told.End };
        else
            _segments.Add(told);
    }

    /// <summary>Takes what a frame says of its offsets, whether it is shown or not.</summary>
    public void Receive(HistoryLine line)
    {
        var frame = line.Event;
        var rows = frame.Rows ?? [];
        var isComplete = frame.Sampled is null ? rows.Count == frame.Count : rows.Count <= frame.Count;
        findings.Require(isComplete, Rule.Contract, $"{channel}: {rows.Count} rows where {frame.Count} are counted, sampled {frame.Sampled ?? "no"}", line);
        for (var i = 0; i < rows.Count && frame.Sampled is null; i++)
        {
            if (Find(rows[i], line) is { } id)
                agreement.Claim(channel, frame.Epoch ?? "", (frame.Offset ?? 0) + i, id, line);
        }
    }

    /// <summary>Whether the first row of a frame is shown where the frame has it.</summary>
    public bool HoldsFrom(HistoryLine line) =>
        line.Event.Rows is [var first, ..] && _byOffset.TryGetValue(line.Event.Offset ?? -1, out var id) && book.RowOf(id) == first;

    /// <summary>Shows a frame's rows.</summary>
    public void TakeRows(HistoryLine line)
    {
        var frame = line.Event;
        var rows = frame.Rows ?? [];
        var offset = frame.Offset ?? 0;
        Tell(new Segment(frame.Epoch ?? "", offset, offset + (frame.Count ?? 0), frame.Sampled is null ? SegmentKind.Rows : SegmentKind.Sampled));
        totals.ShownRows += rows.Count;
        for (var i = 0; i < rows.Count; i++)
        {
            if (frame.Sampled is null)
                Show(offset + i, rows[i], line);
            else
                ShowSampled(rows[i], line);
        }
    }

    private void Show(long offset, HistoryRow row, HistoryLine line)
    {
        var id = book.Find(row, channel, out _);
        if (id < 0)
            return;
        var isAgain = _places.TryGetValue(id, out var place);
        findings.Require(!isAgain || place == offset, Rule.I2Duplicate, $"{line.Event.By} shows {row} of {channel} at {place} and at {offset}", line, book.BlockOf(id).Info, book.BlockOf(id).Ok);
        if (!isAgain)
            RequireOrder(offset, row, line);
        if (_byOffset.TryGetValue(offset, out var other) && other != id)
            _places.Remove(other);
        (_byOffset[offset], _places[id], _lastOf[row.Publisher]) = (id, offset, (offset, row));
    }

    /// <summary>Shows a row that stands somewhere among those that a thinned frame accounts for.</summary>
    private void ShowSampled(HistoryRow row, HistoryLine line)
    {
        if (Find(row, line) is not { } id)
            return;
        _sampled.Add(id);
        if (book.BlockOf(id).Ok is not { } ok || ok.Event.Epoch != line.Event.Epoch)
            return;
        var offset = ok.Event.Offset + row.Index;
        findings.Require(
            line.Event.Offset <= offset && offset < line.Event.Offset + line.Event.Count,
            Rule.I4Agreement, $"{channel}: {row} is at {offset}, which is none of the rows that it was sampled from", line, ok);
    }

    /// <summary>Begins a snapshot, before which a publisher's rows may be behind those shown last.</summary>
    public void Replace(long offset) => Recall(offset);

    /// <summary>Takes the rows back from an offset on.</summary>
    /// <returns>How many there were.</returns>
    public int TakeBack(long from)
    {
        var lost = _byOffset.Keys.Where(offset => offset >= from).ToArray();
        foreach (var offset in lost)
        {
            _places.Remove(_byOffset[offset]);
            _byOffset.Remove(offset);
        }

        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            _segments[i] = _segments[i] with { End = Math.Min(_segments[i].End, from) };
            if (_segments[i].From >= _segments[i].End)
                _segments.RemoveAt(i);
        }

        Recall(long.MaxValue);
        return lost.Length;
    }

    /// <summary>Forgets everything.</summary>
    /// <returns>How many rows there were.</returns>
    public int Forget()
    {
        var count = _places.Count;
        _byOffset.Clear();
        _places.Clear();
        _sampled.Clear();
        _lastOf.Clear();
        _segments.Clear();
        return count;
    }

    /// <summary>Takes that another epoch has the rows of this picture at the same offsets.</summary>
    public void CarryOver(string epoch, HistoryLine line)
    {
        foreach (var (offset, row) in _byOffset)
            agreement.Claim(channel, epoch, offset, row, line);
    }

    private int? Find(HistoryRow row, HistoryLine line)
    {
        var id = book.Find(row, channel, out var wrong);
        if (id < 0)
        {
            findings.Add(Rule.I4Agreement, $"{channel}: {wrong}", line);
            return null;
        }

        var block = book.BlockOf(id);
        findings.Require(!block.IsRefused, Rule.I11Honesty, $"{channel}: {row} is shown, and its publisher was told that nothing was written", block.Invoke, block.Fail, line);
        return id;
    }

    /// <summary>A block is whole, unless what is before it is not known, and a publisher's blocks are in order.</summary>
    private void RequireOrder(long offset, HistoryRow row, HistoryLine line)
    {
        if (_byOffset.TryGetValue(offset - 1, out var id))
        {
            var before = book.RowOf(id);
            var goesOn = book.BlockOf(id).Rows.Count - 1 > before.Index;
            var isNext = goesOn
                ? (before.Publisher, before.Sequence, before.Index + 1) == (row.Publisher, row.Sequence, row.Index)
                : row.Index == 0;
            findings.Require(isNext, Rule.I3Order, $"{line.Event.By} shows {row} at {channel}:{offset} after {before}: a block is torn", line);
        }

        if (_lastOf.TryGetValue(row.Publisher, out var last))
            findings.Require((last.Row.Sequence, last.Row.Index).CompareTo((row.Sequence, row.Index)) < 0, Rule.I3Order, $"{line.Event.By} shows {row} at {channel}:{offset} after {last.Row} of the same publisher", line);
    }

    /// <summary>Finds each publisher's last row before an offset.</summary>
    private void Recall(long before)
    {
        _lastOf.Clear();
        foreach (var (offset, id) in _byOffset)
        {
            var row = book.RowOf(id);
            if (offset < before && !(_lastOf.TryGetValue(row.Publisher, out var last) && last.Offset > offset))
                _lastOf[row.Publisher] = (offset, row);
        }
    }
}
