namespace HubServer.History;

/// <summary>A block that a publisher tried to publish, and the lines of its attempts.</summary>
internal sealed class PublishedBlock(string channel, HistoryLine invoke, int firstRow)
{
    public string Channel => channel;

    /// <summary>Its first attempt.</summary>
    public HistoryLine Invoke => invoke;

    /// <summary>The number of its first row among all of the history.</summary>
    public int FirstRow => firstRow;

    public IReadOnlyList<HistoryRow> Rows => invoke.Event.Rows ?? [];

    public int Attempts { get; set; } = 1;

    public int Fails { get; set; }

    public List<HistoryLine> Oks { get; } = [];

    public HistoryLine? Info { get; set; }

    public HistoryLine? Fail { get; set; }

    /// <summary>The answer that counts: where a rollback took the rows of an earlier one, a repeat may get another.</summary>
    public HistoryLine? Ok => Oks.Count == 0 ? null : Oks[^1];

    public bool IsAcknowledged => Oks.Count > 0;

    /// <summary>Whether every attempt was refused, so that nothing of it was written.</summary>
    public bool IsRefused => Oks.Count == 0 && Fails == Attempts;

    /// <summary>Whether an attempt's outcome is unknown, or was until a retry told.</summary>
    public bool WasUnknown => Info is not null || Fails + Oks.Count < Attempts;
}
