namespace HubServer.Protocol;

/// <summary>A frame's description of its columns, in the shape of Grafana's DataFrameJSON.</summary>
/// <param name="RefId">The target's refId; null outside a query.</param>
/// <param name="Name">The channel's id.</param>
/// <param name="Schema">The fields.</param>
/// <param name="Capacity">The newest rows that the channel keeps, if known.</param>
/// <param name="CapacityMs">How far the rows it keeps may be older than the newest one, in milliseconds, if that is limited.</param>
public sealed record FrameSchema(string? RefId, string Name, Schema Schema, int? Capacity = null, double? CapacityMs = null)
{
    internal static FrameSchema Read(ref WireReader reader)
    {
        string? refId = null;
        var name = "";
        IReadOnlyList<Field> fields = [];
        (int? Rows, double? Ms) capacity = (null, null);
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "refId": refId = reader.ReadStringOrNull(); break;
                case "name": name = reader.ReadString(); break;
                case "fields": fields = reader.ReadList((ref WireReader element) => RowField.Read(ref element).ToField()); break;
                case "meta": capacity = ReadCapacity(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        return new FrameSchema(refId, name, new Schema(fields), capacity.Rows, capacity.Ms);
    }

    internal void Write(ref WireWriter writer)
    {
        var hasMeta = Capacity is not null || CapacityMs is not null;
        writer.BeginMap(2 + (RefId is null ? 0 : 1) + (hasMeta ? 1 : 0));
        if (RefId is not null)
            writer.Write("refId", RefId);
        writer.Write("name", Name);
        writer.Key("fields");
        writer.BeginArray(Schema.Fields.Count);
        foreach (var field in Schema.Fields)
            WriteField(ref writer, field);
        writer.EndArray();
        if (hasMeta)
            WriteMeta(ref writer);
        writer.EndMap();
    }

    private void WriteMeta(ref WireWriter writer)
    {
        writer.Key("meta");
        writer.BeginMap(1);
        writer.Key("custom");
        writer.BeginMap((Capacity is null ? 0 : 1) + (CapacityMs is null ? 0 : 1));
        if (Capacity is { } capacity)
            writer.Write("capacity", capacity);
        if (CapacityMs is { } capacityMs)
            writer.Write("capacityMs", capacityMs);
        writer.EndMap();
        writer.EndMap();
    }

    private static void WriteField(ref WireWriter writer, Field field)
    {
        writer.BeginMap(2 + (field.Labels is null ? 0 : 1) + (field.Unit is null ? 0 : 1));
        writer.Write("name", field.Name);
        writer.Write("type", field.Type.ToWire());
        if (field.Labels is { } labels)
            RowField.WriteLabels(ref writer, labels);
        if (field.Unit is { } unit)
        {
            writer.Key("config");
            writer.BeginMap(1);
            writer.Write("unit", unit);
            writer.EndMap();
        }

        writer.EndMap();
    }

    private static (int? Rows, double? Ms) ReadCapacity(ref WireReader reader)
    {
        (int? Rows, double? Ms) capacity = (null, null);
        var meta = reader.BeginMap();
        while (reader.NextKey(ref meta, out var metaKey))
        {
            if (metaKey != "custom")
            {
                reader.Skip();
                continue;
            }

            var custom = reader.BeginMap();
            while (reader.NextKey(ref custom, out var key))
            {
                switch (key)
                {
                    case "capacity": capacity.Rows = reader.ReadCountOrNull(); break;
                    case "capacityMs": capacity.Ms = reader.ReadNumberOrNull(); break;
                    default: reader.Skip(); break;
                }
            }
        }

        return capacity;
    }
}
