namespace HubServer.Protocol;

/// <summary>What one channel has of its own: fields declared before any row, and how much of it is kept.</summary>
public sealed record ChannelSettings : IWireType<ChannelSettings>
{
    /// <summary>
    /// Fields to declare. One that the channel has takes over the unit given here, or has none; one that it has not is
    /// added, as a number where no type is given. Fields that are not named stay as they are.
    /// </summary>
    public IReadOnlyList<RowField> Fields { get; init; } = [];

    /// <summary>The newest rows kept; null for what the configuration says, or for no such limit beside <see cref="CapacityMs"/>.</summary>
    public int? Capacity { get; init; }

    /// <summary>How far rows may be older than the newest one, in milliseconds; null for what the configuration says.</summary>
    public double? CapacityMs { get; init; }

    /// <summary>How long the channel stays without new rows, in milliseconds; null for what the configuration says.</summary>
    public double? RetentionMs { get; init; }

    /// <summary>Whether the other asks for the same.</summary>
    public bool Equals(ChannelSettings? other) =>
        other is not null && Capacity == other.Capacity && CapacityMs == other.CapacityMs && RetentionMs == other.RetentionMs && Fields.SequenceEqual(other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Capacity, CapacityMs, RetentionMs, Fields.Count);

    /// <inheritdoc/>
    public static ChannelSettings Read(ref WireReader reader)
    {
        var settings = new ChannelSettings();
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            settings = key switch
            {
                "fields" => settings with { Fields = reader.TryReadNull() ? [] : reader.ReadList(RowField.Read) },
                "capacity" => settings with { Capacity = reader.ReadCountOrNull() },
                "capacityMs" => settings with { CapacityMs = reader.ReadNumberOrNull() },
                "retentionMs" => settings with { RetentionMs = reader.ReadNumberOrNull() },

                // Settings are written by hand: a misspelt one would be taken for its default.
                _ => throw reader.Error("is no setting of a channel; those are fields, capacity, capacityMs, retentionMs"),
            };
        }

        return settings;
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(1 + (Capacity is null ? 0 : 1) + (CapacityMs is null ? 0 : 1) + (RetentionMs is null ? 0 : 1));
        writer.Key("fields");
        writer.BeginArray(Fields.Count);
        foreach (var field in Fields)
            field.Write(ref writer);
        writer.EndArray();
        if (Capacity is { } capacity)
            writer.Write("capacity", capacity);
        if (CapacityMs is { } capacityMs)
            writer.Write("capacityMs", capacityMs);
        if (RetentionMs is { } retentionMs)
            writer.Write("retentionMs", retentionMs);
        writer.EndMap();
    }
}
