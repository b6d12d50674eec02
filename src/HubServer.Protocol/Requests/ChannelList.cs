using System.Text.Json.Serialization;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>A page of channels.</summary>
/// <param name="Channels">The channels, sorted by id.</param>
/// <param name="More">Whether there are further ones after the last.</param>
[JsonConverter(typeof(WireJsonConverter<ChannelList>))]
[MessagePackFormatter(typeof(WireMessagePackFormatter<ChannelList>))]
public sealed record ChannelList(IReadOnlyList<ChannelInfo> Channels, bool More) : IWireType<ChannelList>
{
    /// <inheritdoc/>
    public static ChannelList Read(ref WireReader reader)
    {
        List<ChannelInfo> channels = [];
        var more = false;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "channels": channels = reader.ReadList(ChannelInfo.Read); break;
                case "more": more = reader.ReadBoolean(); break;
                default: reader.Skip(); break;
            }
        }

        return new ChannelList(channels, more);
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(2);
        writer.Write("channels", Channels);
        writer.Write("more", More);
        writer.EndMap();
    }
}
