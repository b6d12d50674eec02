using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Validates what is asked for a channel of its own, and makes the block that brings it about.</summary>
internal static class SettingsBinder
{
    private const double MinRetentionMs = 1_000;
    private const double MaxMs = 365.0 * 24 * 60 * 60 * 1_000;

    /// <summary>A block without rows, with the fields that are declared and the settings.</summary>
    /// <exception cref="ProtocolException">The settings contradict the schema or pass a limit; nothing may be written.</exception>
    public static Block Bind(ChannelId channel, ChannelSettings settings, Schema current, ChannelRules rules)
    {
        RequireLimits(settings, rules.Options);
        var fields = current.Fields.ToList();
        if (current.TimeIndex < 0 && !settings.Fields.Any(static field => field.Key == "time"))
            fields.Insert(0, new Field("time", FieldType.Time));
        var named = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < settings.Fields.Count; i++)
        {
            if (!named.Add(settings.Fields[i].Key))
                throw ProtocolException.BadRequest($"fields[{i}]: field '{settings.Fields[i].Key}' occurs twice; a field's name and labels are its identity");
            Declare(channel, settings.Fields[i], $"fields[{i}]", fields, rules);
        }

        var schema = new Schema(fields);
        RowBinder.RequireTime(channel, schema);
        RowBinder.RequireFields(channel, schema, rules.Options);
        return new Block
        {
            Channel = channel,
            BaseHash = current.Hash,
            Schema = schema.Hash == current.Hash ? current : schema,
            Columns = [.. schema.Fields.Select(static field => Column.Nulls(field.Type.Kind(), 0))],
            Count = 0,
            Bytes = 0,
            Settings = settings with { Fields = [] },
        };
    }

    private static void RequireLimits(ChannelSettings settings, ChannelOptions limits)
    {
        if (settings.Capacity < 1)
            throw ProtocolException.BadRequest($"capacity is {settings.Capacity}; it is a number of rows from 1 to {limits.MaxCapacity}");
        if (settings.Capacity > limits.MaxCapacity)
            throw ProtocolException.LimitExceeded("Channels:MaxCapacity", $"capacity is {settings.Capacity}; it is a number of rows from 1 to {limits.MaxCapacity}");
        RequireBetween("capacityMs", settings.CapacityMs, 1);
        RequireBetween("retentionMs", settings.RetentionMs, MinRetentionMs);
    }

    private static void RequireBetween(string name, double? milliseconds, double min)
    {
        if (milliseconds is { } value && !(value >= min && value <= MaxMs))
            throw ProtocolException.BadRequest($"{name} is {value}; it is a number of milliseconds from {min} to {MaxMs}");
    }

    private static void Declare(ChannelId channel, RowField declared, string place, List<Field> fields, ChannelRules rules)
    {
        RowBinder.RequireName(channel, declared, place, rules.Options);
        var index = fields.FindIndex(field => field.Key == declared.Key);
        if (index < 0)
        {
            var type = declared.Type ?? (declared.Key == "time" ? FieldType.Time : FieldType.Number);
            fields.Add(new Field(declared.Name, type, declared.Labels, declared.Unit ?? rules.UnitOf(channel, declared.Name)));
            return;
        }

        if (declared.Type is { } other && other != fields[index].Type)
            throw ProtocolException.BadRequest($"{place}: field '{declared.Key}' of channel '{channel}' is declared as {other.ToWire()}; the channel's is a {fields[index].Type.ToWire()} and cannot change");
        fields[index] = fields[index] with { Unit = declared.Unit };
    }
}
