using System.Text.Json.Serialization;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>One step of a query's stream. A client applies it as a whole.</summary>
[JsonConverter(typeof(WireJsonConverter<Item>))]
[MessagePackFormatter(typeof(WireMessagePackFormatter<Item>))]
public sealed class Item : IWireType<Item>
{
    /// <summary>Everything but the frames.</summary>
    public required ItemHead Head { get; init; }

    /// <summary>The frames, in the order in which they apply.</summary>
    public IReadOnlyList<Frame> Frames { get; init; } = [];

    /// <inheritdoc/>
    public static Item Read(ref WireReader reader)
    {
        var state = ItemState.Streaming;
        List<Frame> frames = [];
        List<ItemError>? errors = null;
        bool? stale = null;
        ServerInfo? server = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "state": state = ReadState(ref reader); break;
                case "frames": frames = reader.ReadList(Frame.Read); break;
                case "errors": errors = reader.ReadList(ItemError.Read); break;
                case "stale": stale = reader.ReadBoolean(); break;
                case "server": server = ServerInfo.Read(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        return new Item { Head = new ItemHead(state, errors, stale, server), Frames = frames };
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        Head.Begin(ref writer, Frames.Count);
        foreach (var frame in Frames)
            frame.Write(ref writer);
        ItemHead.End(ref writer);
    }

    private static ItemState ReadState(ref WireReader reader) => reader.ReadString() switch
    {
        "Loading" => ItemState.Loading,
        "Streaming" => ItemState.Streaming,
        "Done" => ItemState.Done,
        var state => throw reader.Error($"'{state}' is no state; it is Loading, Streaming or Done"),
    };
}
