using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>Schemas and settings as Redis keeps them: the contract's <see cref="ChannelSettings"/> in MessagePack.</summary>
internal static class SchemaText
{
    public static byte[] Of(Schema schema) => Of(new ChannelSettings { Fields = [.. schema.Fields.Select(RowField.Of)] });

    public static byte[] Of(ChannelSettings settings) => WireWriter.ToBytes(WireFormat.MessagePack, settings);

    /// <summary>Null where Redis has no text of it.</summary>
    public static Schema? ReadSchema(ReadOnlyMemory<byte> text)
    {
        if (text.IsEmpty)
            return null;
        var fields = WireReader.Read<ChannelSettings>(WireFormat.MessagePack, text).Fields;
        return new Schema([.. fields.Select(static field => field.ToField())]);
    }

    public static ChannelSettings? ReadSettings(ReadOnlyMemory<byte> text) =>
        text.IsEmpty ? null : WireReader.Read<ChannelSettings>(WireFormat.MessagePack, text);
}
