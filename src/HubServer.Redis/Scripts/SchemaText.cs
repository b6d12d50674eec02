using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>Schemas and settings as Redis keeps them: the contract's <see cref="ChannelSettings"/> in MessagePack.</summary>
internal static class SchemaText
{
    public static byte[] Of(Schema schema) => Of(new ChannelSettings { Fields = [.. schema.Fields.Select(static field => new RowField(field.Name, field.Type, field.Labels, field.Unit))] });

    public static byte[] Of(ChannelSettings settings) => WireWriter.ToBytes(WireFormat.MessagePack, settings);

    /// <summary>Null where Redis has no text of it.</summary>
    public static Schema? ReadSchema(ReadOnlyMemory<byte> text)
    {
        if (text.IsEmpty)
            return null;
        var fields = WireReader.Read<ChannelSettings>(WireFormat.MessagePack, text).Fields;
        return new Schema([.. fields.Select(static field => new Field(field.Name, field.Type ?? FieldType.Number, field.Labels, field.Unit))]);
    }

    public static ChannelSettings? ReadSettings(ReadOnlyMemory<byte> text) =>
        text.IsEmpty ? null : WireReader.Read<ChannelSettings>(WireFormat.MessagePack, text);
}
