using HubServer.Protocol;
using MessagePack;
using MessagePack.Formatters;

namespace HubServer.Client;

/// <summary>Reads an item from MessagePack, and passes over one that is none.</summary>
internal sealed class ReceivedItemMessagePackFormatter : IMessagePackFormatter<ReceivedItem>
{
    private static readonly WireMessagePackFormatter<Item> Items = new();

    public ReceivedItem Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        var start = reader;
        try
        {
            return new ReceivedItem(Items.Deserialize(ref reader, options));
        }
        catch (ProtocolException broken)
        {
            reader = start;
            reader.Skip();
            return new ReceivedItem(null, broken.Message);
        }
    }

    public void Serialize(ref MessagePackWriter writer, ReceivedItem value, MessagePackSerializerOptions options) =>
        throw new NotSupportedException("items come from the server");
}
