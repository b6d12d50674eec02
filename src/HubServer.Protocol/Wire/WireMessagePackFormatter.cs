using MessagePack;
using MessagePack.Formatters;

namespace HubServer.Protocol;

/// <summary>Lets MessagePack, and with it SignalR's MessagePack hub protocol, read and write a message of the contract.</summary>
/// <typeparam name="T">The message.</typeparam>
public sealed class WireMessagePackFormatter<T> : IMessagePackFormatter<T>
    where T : IWireType<T>
{
    /// <inheritdoc/>
    public T Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        var wire = new WireReader(reader);
        var message = wire.ReadMessage<T>();
        reader = wire.Pack;
        return message;
    }

    /// <inheritdoc/>
    public void Serialize(ref MessagePackWriter writer, T value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        var wire = new WireWriter(writer);
        value.Write(ref wire);
        writer = wire.Pack;
    }
}
