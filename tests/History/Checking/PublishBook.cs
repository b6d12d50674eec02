namespace HubServer.History;

/// <summary>Everything that publishers tried and were told. Each row has a number, so that the rest counts rows as numbers.</summary>
internal sealed class PublishBook(Findings findings)
{
    private readonly Dictionary<(string Publisher, long Sequence), PublishedBlock> _blocks = [];
    private readonly List<PublishedBlock> _ofRow = [];

    public IEnumerable<PublishedBlock> Blocks => _blocks.Values;

    /// <summary>By channel and epoch: the acknowledgement that reaches furthest, of those before the calm.</summary>
    public Dictionary<string, Dictionary<string, HistoryLine>> Heads { get; } = [];

    public int Rows => _ofRow.Count;

    public PublishedBlock BlockOf(int row) => _ofRow[row];

    public HistoryRow RowOf(int row) => _ofRow[row].Rows[row - _ofRow[row].FirstRow];

    /// <summary>The offset after the rows of an acknowledgement.</summary>
    public static long EndOf(HistoryLine ok) => (ok.Event.Offset ?? 0) + (ok.Event.Count ?? 0);

    /// <summary>The block that an acknowledgement is of.</summary>
    public PublishedBlock BlockOf(HistoryLine ok) => _blocks[(ok.Event.By, ok.Event.Sequence ?? -1)];

    /// <summary>Takes a publisher's line.</summary>
    public void Add(HistoryLine line)
    {
        if (line.Event.Kind == HistoryKind.Invoke)
        {
            Invoke(line);
            return;
        }

        if (line.Event.Sequence is not { } sequence || !_blocks.TryGetValue((line.Event.By, sequence), out var block))
        {
            findings.Add(Rule.Contract, "an answer to a publish that nobody sent", line);
            return;
        }

        switch (line.Event.Kind)
        {
            case HistoryKind.Ok: Acknowledge(block, line); break;
            case HistoryKind.Fail: (block.Fails, block.Fail) = (block.Fails + 1, line); break;
            default: block.Info = line; break;
        }
    }

    /// <summary>The number of a row that was shown; -1 where nobody published it, with what is wrong about it.</summary>
    public int Find(HistoryRow row, string channel, out string? wrong)
    {
        wrong = null;
        if (!_blocks.TryGetValue((row.Publisher, row.Sequence), out var block) || row.Index >= block.Rows.Count || row.Index < 0)
            wrong = $"nobody published row {row}";
        else if (block.Channel != channel)
            wrong = $"row {row} was published to {block.Channel}";
        else if (block.Rows[row.Index] != row)
            wrong = $"row {row} was published as {block.Rows[row.Index]}";
        else
            return block.FirstRow + row.Index;
        return -1;
    }

    private void Invoke(HistoryLine line)
    {
        var key = (line.Event.By, line.Event.Sequence ?? -1);
        if (_blocks.TryGetValue(key, out var known))
        {
            known.Attempts++;
            findings.Require(
                known.Channel == line.Event.Channel && known.Rows.SequenceEqual(line.Event.Rows ?? []),
                Rule.Contract, "a retry carries the same rows", known.Invoke, line);
            return;
        }

        var block = new PublishedBlock(line.Event.Channel ?? "", line, _ofRow.Count);
        _blocks.Add(key, block);
        _ofRow.AddRange(Enumerable.Repeat(block, block.Rows.Count));
    }

    private void Acknowledge(PublishedBlock block, HistoryLine line)
    {
        findings.Require(
            line.Event.Count == block.Rows.Count && line.Event.Epoch is { Length: > 0 } && line.Event.Offset >= 0,
            Rule.Contract, $"an acknowledgement is of all {block.Rows.Count} rows and says where they are", block.Invoke, line);
        if (block.Ok is { } earlier && (earlier.Event.Epoch, earlier.Event.Offset) != (line.Event.Epoch, line.Event.Offset))
        {
            // Where the first rows may have been lost together with the memory of them, a repeat is a publish of its own.
            var mayDiffer = findings.Allows(AllowedLosses.Rollback | AllowedLosses.Reset | AllowedLosses.Removed) && earlier.Event.Epoch != line.Event.Epoch;
            findings.Require(mayDiffer, Rule.I2Duplicate, $"a repeated publish of {block.Rows[0]} got another answer than the first", block.Invoke, earlier, line);
        }

        block.Oks.Add(line);
        if (line.Event.At > (findings.Scenario.CalmAt ?? double.MaxValue) || line.Event.Epoch is not { } epoch)
            return;
        if (!Heads.TryGetValue(block.Channel, out var heads))
            Heads.Add(block.Channel, heads = []);
        if (!heads.TryGetValue(epoch, out var head) || EndOf(head) < EndOf(line))
            heads[epoch] = line;
    }
}
