using System.Globalization;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>The fields of a channel that a target sees, for one state of the channel's schema. Immutable.</summary>
internal sealed class View
{
    private readonly int[] _fields;

    private View(string refId, ChannelId channel, ChannelLimits limits, Schema schema, int[] fields, IReadOnlyList<string> missing)
    {
        Schema = schema;
        Limits = limits;
        _fields = fields;
        Missing = missing;
        Types = Array.ConvertAll(fields, index => schema.Fields[index].Type);
        Key = string.Join(',', fields.Select(index => index.ToString(CultureInfo.InvariantCulture)));
        var seen = fields.Length == schema.Fields.Count ? schema : new Schema([.. fields.Select(index => schema.Fields[index])]);
        FrameSchema = new FrameSchema(refId, channel.Text, seen, limits.Capacity, limits.CapacityMs);
    }

    /// <summary>The channel's schema that this is a view of.</summary>
    public Schema Schema { get; }

    /// <summary>What the channel kept then.</summary>
    public ChannelLimits Limits { get; }

    /// <summary>The description that goes to the client.</summary>
    public FrameSchema FrameSchema { get; }

    /// <summary>The fields, as indexes of the schema.</summary>
    public ReadOnlySpan<int> Fields => _fields;

    /// <summary>Their types.</summary>
    public FieldType[] Types { get; }

    /// <summary>The fields asked for that the channel does not have.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Names the fields, so that feeds that see the same ones share what is encoded.</summary>
    public string Key { get; }

    /// <summary>Whether a client that has the other's description needs no new one.</summary>
    public bool IsSeenAs(View other) => ReferenceEquals(this, other)
        || (FrameSchema.Schema.Hash == other.FrameSchema.Schema.Hash && FrameSchema.Capacity == other.FrameSchema.Capacity && FrameSchema.CapacityMs == other.FrameSchema.CapacityMs);

    /// <summary>Its columns without a row.</summary>
    public Column[] EmptyColumns() => Array.ConvertAll(Types, static type => Column.Nulls(type.Kind(), 0));

    /// <summary>Whether this is the view of a channel at that head.</summary>
    public bool IsOf(ChannelHead head) => ReferenceEquals(Schema, head.Schema) && ReferenceEquals(Limits, head.Limits);

    public static View Of(TargetPlan target, Channel channel, ChannelHead head)
    {
        var schema = head.Schema;
        var fields = new List<int>();
        for (var i = 0; i < schema.Fields.Count; i++)
        {
            if (target.Fields is null || i == schema.TimeIndex || target.Fields.Contains(schema.Fields[i].Name))
                fields.Add(i);
        }

        var missing = target.Fields is null ? [] : target.Fields.Where(name => !schema.Fields.Any(field => field.Name == name)).ToArray();
        return new View(target.RefId, channel.Id, head.Limits, schema, [.. fields], missing);
    }
}
