using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>How far a channel's rows are there for a target.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Next">The offset of the row that comes next.</param>
/// <param name="Schema">The description that came last; null where only a position was given.</param>
internal sealed record Track(string Epoch, long Next, FrameSchema? Schema)
{
    /// <summary>Where a frame leads from here, by PROTOCOL.md 6.2.</summary>
    /// <param name="from">What is held; null for nothing.</param>
    /// <param name="frame">A snapshot or a delta.</param>
    /// <exception cref="ContractException">The frame cannot follow.</exception>
    public static Track Advance(Track? from, Frame frame)
    {
        if (frame.Kind == FrameKind.Delta)
        {
            if (from is null)
                throw new ContractException($"a delta of {frame.Channel} came before its snapshot");
            RequireStart(from, frame);
        }

        var schema = Newer(from?.Schema, frame.Schema) ?? throw new ContractException($"a frame of {frame.Channel} came before its schema");
        return new Track(frame.Epoch, frame.Offset + frame.Count, schema);
    }

    /// <summary>The frame's columns, each of the kind of its field.</summary>
    /// <exception cref="ContractException">They are not what the schema and the count say.</exception>
    public IReadOnlyList<Column> ColumnsOf(Frame frame)
    {
        var fields = Schema?.Schema.Fields ?? [];
        if (frame.Data.Length == 0 && frame.Count == 0)
            return [.. fields.Select(field => Column.Nulls(field.Type.Kind(), 0))];
        if (frame.Data.Length != fields.Count)
            throw new ContractException($"a frame of {frame.Channel} has {frame.Data.Length} columns for {fields.Count} fields");

        for (var i = 0; i < fields.Count; i++)
        {
            // A column of nulls does not say on the wire of which kind they are.
            if (!frame.Data[i].Become(fields[i].Type.Kind()))
                throw new ContractException($"field '{fields[i].Key}' of {frame.Channel} is a {fields[i].Type.ToWire()}, and its column holds {frame.Data[i].Kind.ToString().ToLowerInvariant()} values");
        }

        var rows = frame.Data.Length == 0 ? 0 : frame.Data[0].Count;
        if (frame.Sampled is null ? rows != frame.Count : rows > frame.Count)
            throw new ContractException($"a frame of {frame.Channel} has {rows} rows and counts {frame.Count}");
        return frame.Data;
    }

    /// <summary>Each call describes the columns anew; a consumer is to see another description only where it says something else.</summary>
    private static FrameSchema? Newer(FrameSchema? held, FrameSchema? sent)
    {
        if (held is null || sent is null)
            return sent ?? held;
        var isSame = held.Schema.Hash == sent.Schema.Hash && held.Capacity == sent.Capacity && held.CapacityMs == sent.CapacityMs;
        return isSame ? held : sent;
    }

    private static void RequireStart(Track from, Frame frame)
    {
        var gap = frame.Gap;
        if (gap is not null && (gap.Epoch != from.Epoch || gap.From > from.Next))
            throw new ContractException($"a gap of {frame.Channel} starts at {gap.Epoch}@{gap.From}, and what is held ends at {from.Epoch}@{from.Next}");

        var start = gap switch
        {
            null => from.Next,
            { Reason: GapReason.Lapped, To: { } to } => to + 1,
            { Reason: GapReason.Rollback } => gap.From,
            _ => frame.Offset,
        };
        if (frame.Offset != start)
            throw new ContractException($"a delta of {frame.Channel} starts at {frame.Offset} instead of {start}");
    }
}
