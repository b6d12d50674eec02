using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>Schemas and settings as Redis keeps them: the contract's <see cref="ChannelSettings"/> in MessagePack.</summary>
internal static class SchemaText
{
    public static byte[] Of(Schema schema) => Of(new ChannelSettings { Fields = [.. schema.Fields.Select(RowField.Of)] });

    public static byte[] Of(ChannelSettings settings) => WireWriter.ToBytes(WireFormat.MessagePack, settings);

    /// <summary>Null where Redis has no text of it, or one that is damaged.</summary>
    public static Schema? ReadSchema(ReadOnlyMemory<byte> text)
    {
        try
        {
            return Read(text) is { } read ? new Schema([.. read.Fields.Select(static field => field.ToField())]) : null;
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    /// <summary>The same for settings, whose fields are the schema's.</summary>
    public static ChannelSettings? ReadSettings(ReadOnlyMemory<byte> text)
    {
        try
        {
            // Without them two that say the same are equal.
            return Read(text) is { } read ? read with { Fields = [] } : null;
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private static ChannelSettings? Read(ReadOnlyMemory<byte> text) =>
        text.IsEmpty ? null : WireReader.Read<ChannelSettings>(WireFormat.MessagePack, text);
}
