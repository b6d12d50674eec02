using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>What a client holds of one channel, by the rules of PROTOCOL.md 6.2; a frame that breaks them throws.</summary>
internal sealed class HeldChannel
{
    private readonly List<object?[]> _rows = [];

    public string Epoch { get; private set; } = "";

    public long Next { get; private set; } = -1;

    /// <summary>The description that came last.</summary>
    public FrameSchema? Schema { get; private set; }

    public int Snapshots { get; private set; }

    public List<Gap> Gaps { get; } = [];

    public List<string> FieldNames => [.. (Schema?.Schema.Fields ?? []).Select(one => one.Name)];

    /// <summary>A field's values, oldest row first.</summary>
    public List<object?> Values(string field)
    {
        var index = FieldNames.IndexOf(field);
        return [.. _rows.Select(row => index >= 0 && index < row.Length ? row[index] : null)];
    }

    public List<double> Numbers(string field = "value") => [.. Values(field).Select(value => (double)(value ?? double.NaN))];

    public void Apply(Frame frame)
    {
        Schema = frame.Schema ?? Schema;
        if (frame.Kind == FrameKind.Snapshot)
        {
            _rows.Clear();
            Snapshots++;
        }
        else if (frame.Gap is null && Next >= 0 && frame.Offset != Next)
        {
            throw new InvalidOperationException($"a delta of {frame.Channel} starts at {frame.Offset}, next is {Next}");
        }

        if (frame.Gap is not null)
            Gaps.Add(frame.Gap);
        if (Schema?.Schema.Fields.Count != frame.Data.Length)
            throw new InvalidOperationException($"a frame of {frame.Channel} has {frame.Data.Length} columns for {Schema?.Schema.Fields.Count} fields");
        for (var row = 0; row < (frame.Data.Length == 0 ? 0 : frame.Data[0].Count); row++)
            _rows.Add(Array.ConvertAll(frame.Data, column => ValueAt(column, row)));
        (Epoch, Next) = (frame.Epoch, frame.Offset + frame.Count);
    }

    private static object? ValueAt(Column column, int row)
    {
        if (column.IsNull(row))
            return null;
        return column.Kind switch
        {
            ColumnKind.Number => column.Numbers[row],
            ColumnKind.String => column.Strings[row],
            _ => column.Booleans[row] == 1,
        };
    }
}
