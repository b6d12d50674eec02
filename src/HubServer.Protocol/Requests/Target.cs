namespace HubServer.Protocol;

/// <summary>One line of a query.</summary>
public sealed record Target : IWireType<Target>
{
    /// <summary>Names the line in every frame that answers it. Default <c>A</c>.</summary>
    public string RefId { get; init; } = "A";

    /// <summary>A selector, such as <c>cpu{host="a",core=~"[0-3]"}</c>; null where <see cref="Id"/> is given.</summary>
    public string? Channel { get; init; }

    /// <summary>One channel's exact id.</summary>
    public string? Id { get; init; }

    /// <summary>The fields wanted, by name; null for all. The time field is always sent.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>The newest rows wanted of the past; null for all that are kept.</summary>
    public int? Rows { get; init; }

    /// <summary>How each tick of the live stream is thinned.</summary>
    public SampleMode Sample { get; init; }

    /// <inheritdoc/>
    public static Target Read(ref WireReader reader)
    {
        string? refId = null, channel = null, id = null;
        IReadOnlyList<string>? fields = null;
        int? rows = null;
        var sample = SampleMode.All;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "refId": refId = reader.ReadStringOrNull(); break;
                case "channel": channel = reader.ReadStringOrNull(); break;
                case "id": id = reader.ReadStringOrNull(); break;
                case "fields":
                    fields = reader.TryReadNull() ? null : reader.ReadList((ref WireReader element) => element.ReadString());
                    break;
                case "rows": rows = reader.ReadCountOrNull(); break;
                case "sample": sample = ReadSample(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        if (channel is null == id is null)
            throw reader.Error("a target has either channel (a selector) or id (one channel)");
        return new Target { RefId = refId ?? "A", Channel = channel, Id = id, Fields = fields, Rows = rows, Sample = sample };
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(2 + (Fields is null ? 0 : 1) + (Rows is null ? 0 : 1) + (Sample == SampleMode.All ? 0 : 1));
        writer.Write("refId", RefId);
        writer.Write(Id is null ? "channel" : "id", Id ?? Channel ?? "");
        if (Fields is not null)
        {
            writer.Key("fields");
            writer.BeginArray(Fields.Count);
            foreach (var field in Fields)
                writer.String(field);
            writer.EndArray();
        }

        if (Rows is { } rows)
            writer.Write("rows", rows);
        if (Sample != SampleMode.All)
            writer.Write("sample", Sample == SampleMode.Last ? "last" : "minmax");
        writer.EndMap();
    }

    private static SampleMode ReadSample(ref WireReader reader) => reader.ReadStringOrNull() switch
    {
        null or "all" => SampleMode.All,
        "last" => SampleMode.Last,
        "minmax" => SampleMode.MinMax,
        var mode => throw reader.Error($"'{mode}' is no way to sample; it is all, last or minmax"),
    };
}
