using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubServer.Protocol;

/// <summary>Lets System.Text.Json, and with it SignalR's JSON hub protocol, read and write a message of the contract.</summary>
/// <typeparam name="T">The message.</typeparam>
public sealed class WireJsonConverter<T> : JsonConverter<T>
    where T : IWireType<T>
{
    /// <summary>Null is for the reader to refuse; left to the serializer it would reach a hub method as its argument.</summary>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var wire = new WireReader(reader);
        var message = wire.ReadMessage<T>();
        reader = wire.Json;
        return message;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNullValue();
            return;
        }

        var wire = new WireWriter(writer);
        value.Write(ref wire);
    }
}
