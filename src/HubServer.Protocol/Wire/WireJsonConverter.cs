using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubServer.Protocol;

/// <summary>Lets System.Text.Json, and with it SignalR's JSON hub protocol, read and write a message of the contract.</summary>
/// <typeparam name="T">The message.</typeparam>
public sealed class WireJsonConverter<T> : JsonConverter<T>
    where T : IWireType<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var wire = new WireReader(reader);
        var message = T.Read(ref wire);
        reader = wire.Json;
        return message;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        var wire = new WireWriter(writer);
        value.Write(ref wire);
    }
}
