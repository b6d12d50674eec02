namespace HubServer.Protocol;

/// <summary>A column's description on the way in; what is left out is taken from the channel or from the values.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Type">Its type; null to infer it: time where the name is <c>time</c>, else that of the first value.</param>
/// <param name="Labels">Its own labels, if any.</param>
/// <param name="Unit">Its unit, used where the field is new.</param>
public sealed record RowField(string Name, FieldType? Type = null, Labels? Labels = null, string? Unit = null)
{
    /// <summary>What identifies the field in its channel.</summary>
    public string Key { get; } = Labels is null ? Name : Name + Labels;

    /// <summary>The description of a field that a channel has.</summary>
    public static RowField Of(Field field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new RowField(field.Name, field.Type, field.Labels, field.Unit);
    }

    internal static RowField Read(ref WireReader reader)
    {
        string? name = null, unit = null;
        FieldType? type = null;
        Labels? labels = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "name": name = reader.ReadString(); break;
                case "type": type = ReadType(ref reader); break;
                case "labels": labels = ReadLabels(ref reader); break;
                case "unit": unit = reader.ReadStringOrNull(); break;
                case "config": unit ??= ReadUnit(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        return new RowField(name ?? throw reader.Error("a field has a name"), type, labels, unit);
    }

    internal void Write(ref WireWriter writer)
    {
        writer.BeginMap(1 + (Type is null ? 0 : 1) + (Labels is null ? 0 : 1) + (Unit is null ? 0 : 1));
        writer.Write("name", Name);
        if (Type is { } type)
            writer.Write("type", type.ToWire());
        if (Labels is { } labels)
            WriteLabels(ref writer, labels);
        if (Unit is not null)
            writer.Write("unit", Unit);
        writer.EndMap();
    }

    internal static void WriteLabels(ref WireWriter writer, Labels labels)
    {
        writer.Key("labels");
        writer.BeginMap(labels.Count);
        foreach (var (name, value) in labels.Pairs)
            writer.Write(name, value);
        writer.EndMap();
    }

    internal static Labels? ReadLabels(ref WireReader reader)
    {
        if (reader.TryReadNull())
            return null;

        var pairs = new List<KeyValuePair<string, string>>();
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
            pairs.Add(KeyValuePair.Create(key, reader.ReadString()));
        var labels = Labels.From(pairs);
        return labels.Count == 0 ? null : labels;
    }

    /// <summary>The field that this describes in full.</summary>
    /// <exception cref="ProtocolException">The type is left out.</exception>
    public Field ToField() => new(Name, Type ?? throw ProtocolException.BadRequest($"field '{Name}' has no type"), Labels, Unit);

    private static FieldType? ReadType(ref WireReader reader)
    {
        if (reader.ReadStringOrNull() is not { } text)
            return null;
        if (!FieldTypeText.TryParse(text, out var type))
            throw reader.Error($"'{text}' is no field type; it is time, number, string or boolean");
        return type;
    }

    private static string? ReadUnit(ref WireReader reader)
    {
        if (reader.TryReadNull())
            return null;

        string? unit = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            if (key == "unit")
                unit = reader.ReadStringOrNull();
            else
                reader.Skip();
        }

        return unit;
    }
}
