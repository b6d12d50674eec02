namespace HubServer.Protocol;

/// <summary>
/// A columnar run of one channel's rows with its position: what subscribers get. <see cref="Offset"/> and
/// <see cref="Count"/> say which rows it accounts for; <see cref="Data"/> holds fewer only where <see cref="Sampled"/>
/// names the method.
/// </summary>
public sealed class Frame : IWireType<Frame>
{
    /// <summary>The refId of the target that asked for it.</summary>
    public required string RefId { get; init; }

    /// <summary>The channel's id.</summary>
    public required string Channel { get; init; }

    /// <summary>What it does to what the client holds.</summary>
    public required FrameKind Kind { get; init; }

    /// <summary>The channel's epoch.</summary>
    public required string Epoch { get; init; }

    /// <summary>The offset of the first row accounted for.</summary>
    public required long Offset { get; init; }

    /// <summary>The number of rows accounted for; the channel's next frame starts at <c>Offset + Count</c>.</summary>
    public required int Count { get; init; }

    /// <summary>Rows missing before this frame, if any.</summary>
    public Gap? Gap { get; init; }

    /// <summary>How the rows were thinned: <c>minmax</c> or <c>last</c>; null when all are there.</summary>
    public string? Sampled { get; init; }

    /// <summary>Whether the past goes on in further frames; a client shows nothing of it before the last.</summary>
    public bool More { get; init; }

    /// <summary>The columns' description: with the first frame of a channel in a call, and whenever it changed.</summary>
    public FrameSchema? Schema { get; init; }

    /// <summary>The values, one column for each field of the last schema sent.</summary>
    public Column[] Data { get; init; } = [];

    /// <inheritdoc/>
    public static Frame Read(ref WireReader reader)
    {
        string refId = "", channel = "", epoch = "";
        var kind = FrameKind.Delta;
        long offset = 0;
        var count = 0;
        Gap? gap = null;
        string? sampled = null;
        var more = false;
        FrameSchema? schema = null;
        List<Column> data = [];
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "refId": refId = reader.ReadString(); break;
                case "channel": channel = reader.ReadString(); break;
                case "kind": kind = ReadKind(ref reader); break;
                case "epoch": epoch = reader.ReadString(); break;
                case "offset": offset = reader.ReadInteger(); break;
                case "count": count = reader.ReadCountOrNull() ?? 0; break;
                case "gap": gap = Protocol.Gap.Read(ref reader); break;
                case "sampled": sampled = reader.ReadStringOrNull(); break;
                case "more": more = reader.ReadBoolean(); break;
                case "schema": schema = FrameSchema.Read(ref reader); break;
                case "data": data = ReadData(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        return new Frame
        {
            RefId = refId,
            Channel = channel,
            Kind = kind,
            Epoch = epoch,
            Offset = offset,
            Count = count,
            Gap = gap,
            Sampled = sampled,
            More = more,
            Schema = schema,
            Data = [.. data],
        };
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        WriteHead(ref writer);
        ColumnsCodec.WriteMap(ref writer, Data);
        writer.EndMap();
    }

    /// <summary>Writes the frame around a <c>data</c> map that was encoded before, in this writer's format.</summary>
    public void Write(ref WireWriter writer, ReadOnlySpan<byte> data)
    {
        WriteHead(ref writer);
        writer.Raw(data);
        writer.EndMap();
    }

    /// <summary>Writes a frame's map up to the value of <c>offset</c>, which comes next.</summary>
    internal static void WriteStart(ref WireWriter writer, int optional, string refId, string channel, FrameKind kind, string epoch)
    {
        writer.BeginMap(7 + optional);
        writer.Write("refId", refId);
        writer.Write("channel", channel);
        writer.Write("kind", kind switch { FrameKind.Snapshot => "snapshot", FrameKind.Delta => "delta", _ => "removed" });
        writer.Write("epoch", epoch);
        writer.Key("offset");
    }

    private void WriteHead(ref WireWriter writer)
    {
        var optional = (Gap is null ? 0 : 1) + (Sampled is null ? 0 : 1) + (More ? 1 : 0) + (Schema is null ? 0 : 1);
        WriteStart(ref writer, optional, RefId, Channel, Kind, Epoch);
        writer.Integer(Offset);
        writer.Write("count", Count);
        if (Gap is not null)
        {
            writer.Key("gap");
            Gap.Write(ref writer);
        }

        if (Sampled is not null)
            writer.Write("sampled", Sampled);
        if (More)
            writer.Write("more", true);
        if (Schema is not null)
        {
            writer.Key("schema");
            Schema.Write(ref writer);
        }

        writer.Key("data");
    }

    private static FrameKind ReadKind(ref WireReader reader) => reader.ReadString() switch
    {
        "snapshot" => FrameKind.Snapshot,
        "delta" => FrameKind.Delta,
        "removed" => FrameKind.Removed,
        var kind => throw reader.Error($"'{kind}' is no kind of frame; it is snapshot, delta or removed"),
    };

    private static List<Column> ReadData(ref WireReader reader)
    {
        List<Column> columns = [];
        List<ColumnEntities?>? entities = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "values": columns = ColumnsCodec.ReadValues(ref reader); break;
                case "entities": entities = ColumnsCodec.ReadEntities(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        if (entities is not null)
            ColumnsCodec.Apply(entities, columns);
        for (var i = 1; i < columns.Count; i++)
        {
            if (columns[i].Count != columns[0].Count)
                throw reader.Error($"values[{i}] has {columns[i].Count} rows and values[0] has {columns[0].Count}; all columns are equally long");
        }

        return columns;
    }
}
