using HubServer.Protocol;

namespace HubServer.Client.Tests.Soak;

/// <summary>
/// Counts what a consumer was given of a channel whose rows hold their own offset as <c>value</c>, and what it was told it
/// will never get. It throws where a row is missing, comes twice or holds something else, without a gap.
/// </summary>
internal sealed class CountedRows
{
    public long Next { get; private set; } = -1;

    public long Seen { get; private set; }

    public long Missing { get; private set; }

    public int Gaps { get; private set; }

    public void Apply(FrameUpdate frame)
    {
        var expected = frame switch
        {
            { Change: FrameChange.Replaced } when Next < 0 => 0,
            { Change: FrameChange.Appended, Gap: null } => Next,
            { Change: FrameChange.Gap, Gap: { Reason: GapReason.Lapped, To: { } to } gap } when gap.From == Next => Miss(gap.From, to),
            _ => throw new InvalidOperationException($"{frame.Change} at {frame.Offset} with {frame.Gap}, where {Next} is next"),
        };
        if (frame.Offset != expected || frame.Rows != frame.Count)
            throw new InvalidOperationException($"{frame.Rows} rows for {frame.Count} from {frame.Offset} on, where {expected} is next");

        var values = frame.Find("value") ?? throw new InvalidOperationException("there is no field 'value'");
        for (var row = 0; row < frame.Rows; row++)
        {
            if (values.Numbers[row] != frame.Offset + row)
                throw new InvalidOperationException($"row {frame.Offset + row} holds {values.Numbers[row]}");
        }

        Seen += frame.Rows;
        Next = frame.Offset + frame.Count;
    }

    private long Miss(long from, long to)
    {
        Gaps++;
        Missing += to + 1 - from;
        return to + 1;
    }
}
