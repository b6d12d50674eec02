using System.Text.Json;
using System.Text.Json.Serialization;
using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>Reads an item from JSON, and passes over one that is none.</summary>
internal sealed class ReceivedItemJsonConverter : JsonConverter<ReceivedItem>
{
    private static readonly WireJsonConverter<Item> Items = new();

    public override ReceivedItem Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var start = reader;
        try
        {
            return new ReceivedItem(Items.Read(ref reader, typeof(Item), options));
        }
        catch (ProtocolException broken)
        {
            reader = start;
            reader.TrySkip();
            return new ReceivedItem(null, broken.Message);
        }
    }

    public override void Write(Utf8JsonWriter writer, ReceivedItem value, JsonSerializerOptions options) =>
        throw new NotSupportedException("items come from the server");
}
