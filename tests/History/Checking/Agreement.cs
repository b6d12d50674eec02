namespace HubServer.History;

/// <summary>What each position holds, by everybody who said so: publishers' answers, frames, and epochs that went on from others.</summary>
internal sealed class Agreement(Findings findings, PublishBook book)
{
    private readonly Dictionary<(string Channel, string Epoch), EpochRows> _epochs = [];

    /// <summary>The epochs of all channels together.</summary>
    public int Epochs => _epochs.Count;

    /// <summary>Takes that a position holds a row, by a line.</summary>
    public void Claim(string channel, string epoch, long offset, int row, HistoryLine line)
    {
        if (!_epochs.TryGetValue((channel, epoch), out var rows))
            _epochs.Add((channel, epoch), rows = new EpochRows());
        if (!rows.ByOffset.TryAdd(offset, (row, line)) && rows.ByOffset[offset] is var known && known.Row != row)
        {
            findings.Add(
                Rule.I4Agreement,
                $"{channel} {epoch}:{offset} is {book.RowOf(known.Row)} and {book.RowOf(row)}",
                known.Line, line, book.BlockOf(known.Row).Ok, book.BlockOf(row).Ok);
            return;
        }

        if (rows.ByRow.TryAdd(row, (offset, line)) || rows.ByRow[row] is var place && place.Offset == offset)
            return;
        findings.Add(
            book.BlockOf(row).IsAcknowledged ? Rule.I2Duplicate : Rule.I11Honesty,
            $"{channel} {epoch} has {book.RowOf(row)} at {place.Offset} and at {offset}",
            place.Line, line, book.BlockOf(row).Info, book.BlockOf(row).Ok);
    }

    private sealed class EpochRows
    {
        public Dictionary<long, (int Row, HistoryLine Line)> ByOffset { get; } = [];

        public Dictionary<int, (long Offset, HistoryLine Line)> ByRow { get; } = [];
    }
}
