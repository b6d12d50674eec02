using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Rows of one channel, or its settings, that are taken or refused as a whole, validated against a schema.</summary>
public sealed class Block
{
    /// <summary>The channel.</summary>
    public required ChannelId Channel { get; init; }

    /// <summary>The hash of the schema that the rows were validated against; empty for a channel that was not there.</summary>
    public required string BaseHash { get; init; }

    /// <summary>That schema, with the fields that the rows add.</summary>
    public required Schema Schema { get; init; }

    /// <summary>One column for each field of <see cref="Schema"/>.</summary>
    public required Column[] Columns { get; init; }

    /// <summary>The number of rows; 0 for a block that only changes the fields or the settings.</summary>
    public required int Count { get; init; }

    /// <summary>About what the rows take, in bytes.</summary>
    public required int Bytes { get; init; }

    /// <summary>What the channel has of its own from this block on; null where that does not change.</summary>
    public ChannelSettings? Settings { get; init; }

    /// <summary>Who published, where a retry must get the first answer.</summary>
    public string? PublisherId { get; init; }

    /// <summary>The publisher's number for this block.</summary>
    public long Sequence { get; init; }

    /// <summary>The time of the newest row; null where it has none.</summary>
    public double? LastTime
    {
        get
        {
            if (Count == 0 || Schema.TimeIndex < 0 || Columns[Schema.TimeIndex].Kind != ColumnKind.Number)
                return null;
            var time = Columns[Schema.TimeIndex].Numbers[Count - 1];
            return double.IsNaN(time) ? null : time;
        }
    }

    /// <summary>The same rows, with settings.</summary>
    public Block With(ChannelSettings settings) => new()
    {
        Channel = Channel,
        BaseHash = BaseHash,
        Schema = Schema,
        Columns = Columns,
        Count = Count,
        Bytes = Bytes,
        Settings = settings,
        PublisherId = PublisherId,
        Sequence = Sequence,
    };
}
