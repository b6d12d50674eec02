using HubServer.Protocol;

namespace HubServer.Client.Tests.Fixtures;

/// <summary>What a consumer of updates holds of one channel. It throws where a row is missing, or comes twice, without a gap.</summary>
internal sealed class HeldRows
{
    private readonly List<(long Offset, double Value)> _rows = [];

    public string Epoch { get; private set; } = "";

    public long Next { get; private set; } = -1;

    public List<Gap> Gaps { get; } = [];

    public List<FrameChange> Changes { get; } = [];

    public List<double> Values => [.. _rows.Select(row => row.Value)];

    public void Apply(FrameUpdate frame)
    {
        Changes.Add(frame.Change);
        if (frame.Gap is { } gap)
            Gaps.Add(gap);
        if (frame.Change is FrameChange.Replaced or FrameChange.Removed || frame.Gap?.Reason == GapReason.Reset)
            _rows.Clear();
        else if (frame.Gap?.Reason == GapReason.Rollback)
            _rows.RemoveAll(row => row.Offset >= frame.Gap.From);
        else if (frame.Change == FrameChange.Appended && Next >= 0 && frame.Offset != Next)
            throw new InvalidOperationException($"{frame.Channel} goes on at {frame.Offset} instead of {Next}, without a gap");

        var values = frame.Find("value");
        for (var row = 0; row < frame.Rows; row++)
            _rows.Add((frame.Offset + row, values?.Numbers[row] ?? double.NaN));
        (Epoch, Next) = frame.Change == FrameChange.Removed ? ("", -1) : (frame.Epoch, frame.Offset + frame.Count);
    }
}
