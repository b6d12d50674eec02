using System.Text.Json.Serialization;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>What a client subscribes with: several targets, answered by one merged stream.</summary>
[JsonConverter(typeof(WireJsonConverter<QueryRequest>))]
[MessagePackFormatter(typeof(WireMessagePackFormatter<QueryRequest>))]
public sealed record QueryRequest : IWireType<QueryRequest>
{
    /// <summary>The version of the contract that this is: 1.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The interval between items where the request names none, in milliseconds.</summary>
    public const int DefaultIntervalMs = 50;

    /// <summary>The version of the contract that the client speaks.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The lines of the query.</summary>
    public required IReadOnlyList<Target> Targets { get; init; }

    /// <summary>The least time between two live items, in milliseconds; 0 sends each change at once. Default 50.</summary>
    public int IntervalMs { get; init; } = DefaultIntervalMs;

    /// <summary>The past wanted, in milliseconds before the server's clock.</summary>
    public double? LastMs { get; init; }

    /// <summary>The past wanted, by the rows' time.</summary>
    public TimeRange? Range { get; init; }

    /// <summary>The rows of a channel's past beyond which it is thinned.</summary>
    public int? MaxDataPoints { get; init; }

    /// <summary>What the client already holds.</summary>
    public IReadOnlyList<Resume> Resume { get; init; } = [];

    /// <inheritdoc/>
    public static QueryRequest Read(ref WireReader reader)
    {
        int? version = null, intervalMs = null, maxDataPoints = null;
        IReadOnlyList<Target>? targets = null;
        double? lastMs = null;
        TimeRange? range = null;
        IReadOnlyList<Resume> resume = [];
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "version": version = reader.ReadCountOrNull(); break;
                case "targets": targets = reader.ReadList(Target.Read); break;
                case "intervalMs": intervalMs = reader.ReadCountOrNull(); break;
                case "lastMs": lastMs = reader.ReadNumberOrNull(); break;
                case "range": range = reader.TryReadNull() ? null : TimeRange.Read(ref reader); break;
                case "maxDataPoints": maxDataPoints = reader.ReadCountOrNull(); break;
                case "resume": resume = reader.TryReadNull() ? [] : reader.ReadList(Protocol.Resume.Read); break;
                default: reader.Skip(); break;
            }
        }

        if (version != CurrentVersion)
            throw reader.Error($"version is {(version is null ? "missing" : version)}; this server speaks version {CurrentVersion}");
        return new QueryRequest
        {
            Targets = targets ?? throw reader.Error("targets is missing; a query is {version: 1, targets: [{channel}]}"),
            IntervalMs = intervalMs ?? DefaultIntervalMs,
            LastMs = lastMs,
            Range = range,
            MaxDataPoints = maxDataPoints,
            Resume = resume,
        };
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(3 + (LastMs is null ? 0 : 1) + (Range is null ? 0 : 1) + (MaxDataPoints is null ? 0 : 1) + (Resume.Count == 0 ? 0 : 1));
        writer.Write("version", Version);
        writer.Write("targets", Targets);
        writer.Write("intervalMs", IntervalMs);
        if (LastMs is { } lastMs)
        {
            writer.Key("lastMs");
            writer.Number(lastMs);
        }

        if (Range is { } range)
        {
            writer.Key("range");
            range.Write(ref writer);
        }

        if (MaxDataPoints is { } maxDataPoints)
            writer.Write("maxDataPoints", maxDataPoints);
        if (Resume.Count > 0)
            writer.Write("resume", Resume);
        writer.EndMap();
    }
}
