namespace HubServer.LoadTest.Fanout;

/// <summary>What a group of connections received. The loop's thread alone writes and reads it.</summary>
internal sealed class Tally
{
    /// <summary>The rows.</summary>
    public long Rows { get; private set; }

    /// <summary>All bytes, the headers of WebSocket frames included.</summary>
    public long Bytes { get; set; }

    /// <summary>The connections that ended without being told to.</summary>
    public int Closed { get; set; }

    /// <summary>The connections to which rows come, or will.</summary>
    public int Ready { get; set; }

    /// <summary>What went wrong last.</summary>
    public string Failure { get; set; } = "";

    /// <summary>When what is being read came, as a stamp.</summary>
    public double Now { get; set; }

    /// <summary>How long rows were under way from when they were due.</summary>
    public Histogram Latencies { get; } = new();

    public void OnRow(double stamp)
    {
        Rows++;
        Latencies.Add(Now - stamp);
    }
}
