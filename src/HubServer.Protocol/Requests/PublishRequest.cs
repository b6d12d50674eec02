using System.Text.Json.Serialization;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>Rows for one or more channels.</summary>
[JsonConverter(typeof(WireJsonConverter<PublishRequest>))]
[MessagePackFormatter(typeof(WireMessagePackFormatter<PublishRequest>))]
public sealed record PublishRequest : IWireType<PublishRequest>
{
    /// <summary>The rows by channel.</summary>
    public required IReadOnlyList<PublishBatch> Batches { get; init; }

    /// <summary>What the acknowledgement has to mean. Default <see cref="PublishLevel.Logged"/>.</summary>
    public PublishLevel Level { get; init; }

    /// <summary>Who publishes, where retries must not repeat rows.</summary>
    public string? PublisherId { get; init; }

    /// <summary>The publisher's own number for this request; a retry carries the same and gets the first answer.</summary>
    public long? Sequence { get; init; }

    /// <inheritdoc/>
    public static PublishRequest Read(ref WireReader reader)
    {
        IReadOnlyList<PublishBatch>? batches = null;
        var level = PublishLevel.Logged;
        string? publisherId = null;
        long? sequence = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "batches": batches = reader.ReadList(PublishBatch.Read); break;
                case "level": level = ReadLevel(ref reader); break;
                case "publisherId": publisherId = reader.ReadStringOrNull(); break;
                case "sequence": sequence = reader.ReadIntegerOrNull(); break;
                default: reader.Skip(); break;
            }
        }

        if (publisherId is null != sequence is null)
            throw reader.Error("publisherId and sequence come together");
        return new PublishRequest
        {
            Batches = batches ?? throw reader.Error("batches is missing; a publish is {batches: [{channel, rows}]}"),
            Level = level,
            PublisherId = publisherId,
            Sequence = sequence,
        };
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(1 + (Level == PublishLevel.Logged ? 0 : 1) + (PublisherId is null ? 0 : 1) + (Sequence is null ? 0 : 1));
        writer.Write("batches", Batches);
        if (Level == PublishLevel.Replicated)
            writer.Write("level", "replicated");
        if (PublisherId is not null)
            writer.Write("publisherId", PublisherId);
        if (Sequence is { } sequence)
            writer.Write("sequence", sequence);
        writer.EndMap();
    }

    private static PublishLevel ReadLevel(ref WireReader reader) => reader.ReadStringOrNull() switch
    {
        null or "logged" => PublishLevel.Logged,
        "replicated" => PublishLevel.Replicated,
        var level => throw reader.Error($"'{level}' is no level; it is logged or replicated"),
    };
}
