using HubServer.Protocol;

namespace HubServer.History;

/// <summary>A block on its way.</summary>
internal sealed class PublishBlock(string channel, long sequence, double due, Rows rows, HistoryRow[] named)
{
    public string Channel => channel;

    public long Sequence => sequence;

    public double Due => due;

    public Rows Rows => rows;

    public HistoryRow[] Named => named;

    /// <summary>Whether it is sent again after its acknowledgement.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>When the publisher hangs up, after sending it the first time.</summary>
    public TimeSpan? AbandonedAfter { get; init; }

    public TaskCompletionSource<PublishOutcome> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
