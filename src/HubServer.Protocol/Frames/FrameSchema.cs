namespace HubServer.Protocol;

/// <summary>A frame's description of its columns, in the shape of Grafana's DataFrameJSON.</summary>
/// <param name="RefId">The target's refId; null outside a query.</param>
/// <param name="Name">The channel's id.</param>
/// <param name="Schema">The fields.</param>
/// <param name="Capacity">The newest rows that the channel keeps, if known.</param>
public sealed record FrameSchema(string? RefId, string Name, Schema Schema, int? Capacity = null)
{
    internal static FrameSchema Read(ref WireReader reader)
    {
        string? refId = null;
        var name = "";
        IReadOnlyList<Field> fields = [];
        int? capacity = null;
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

        return new FrameSchema(refId, name, new Schema(fields), capacity);
    }

    internal void Write(ref WireWriter writer)
    {
        writer.BeginMap(2 + (RefId is null ? 0 : 1) + (Capacity is null ? 0 : 1));
        if (RefId is not null)
            writer.Write("refId", RefId);
        writer.Write("name", Name);
        writer.Key("fields");
        writer.BeginArray(Schema.Fields.Count);
        foreach (var field in Schema.Fields)
            WriteField(ref writer, field);
        writer.EndArray();
        if (Capacity is { } capacity)
        {
            writer.Key("meta");
            writer.BeginMap(1);
            writer.Key("custom");
            writer.BeginMap(1);
            writer.Write("capacity", capacity);
            writer.EndMap();
            writer.EndMap();
        }

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

    private static int? ReadCapacity(ref WireReader reader)
    {
        int? capacity = null;
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
                if (key == "capacity")
                    capacity = reader.ReadCountOrNull();
                else
                    reader.Skip();
            }
        }

        return capacity;
    }
}
