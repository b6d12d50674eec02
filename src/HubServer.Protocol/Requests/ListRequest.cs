using System.Text.Json.Serialization;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>Asks for a page of channels, sorted by id.</summary>
[JsonConverter(typeof(WireJsonConverter<ListRequest>))]
[MessagePackFormatter(typeof(WireMessagePackFormatter<ListRequest>))]
public sealed record ListRequest : IWireType<ListRequest>
{
    /// <summary>The channels on a page where the request names no limit.</summary>
    public const int DefaultLimit = 1_000;

    /// <summary>Which channels; null for all.</summary>
    public string? Selector { get; init; }

    /// <summary>The most channels to return. Default 1,000.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>The id after which the page starts.</summary>
    public string? After { get; init; }

    /// <inheritdoc/>
    public static ListRequest Read(ref WireReader reader)
    {
        string? selector = null, after = null;
        int? limit = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "selector": selector = reader.ReadStringOrNull(); break;
                case "limit": limit = reader.ReadCountOrNull(); break;
                case "after": after = reader.ReadStringOrNull(); break;
                default: reader.Skip(); break;
            }
        }

        return new ListRequest { Selector = selector, Limit = limit ?? DefaultLimit, After = after };
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(1 + (Selector is null ? 0 : 1) + (After is null ? 0 : 1));
        if (Selector is not null)
            writer.Write("selector", Selector);
        writer.Write("limit", Limit);
        if (After is not null)
            writer.Write("after", After);
        writer.EndMap();
    }
}
