using System.Text.Json;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Bodies;

/// <summary>
/// Rows as people write them in JSON: one object, an array of objects, several of either after each other, or
/// columns as <see cref="Rows"/>.
/// </summary>
internal static class JsonRows
{
    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true, MaxDepth = 16 };

    /// <summary>Reads a body that is validated as a whole.</summary>
    /// <exception cref="ProtocolException">It holds something else; the text names the place.</exception>
    public static Rows Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, Options);
            var builder = new RowsBuilder();
            var values = 0;
            while (reader.Read())
            {
                var wire = new WireReader(reader);
                if (IsColumns(reader))
                {
                    var rows = Rows.Read(ref wire);
                    var rest = wire.Json;
                    if (values > 0 || rest.Read())
                        throw ProtocolException.BadRequest("columns ({fields, values}) are the only value of a body");
                    return rows;
                }

                values++;
                AddValue(ref wire, builder);
                reader = wire.Json;
            }

            return values > 0 ? builder.Build() : throw ProtocolException.BadRequest("the body is empty; it is a row object, an array of them, one a line, or {fields, values}");
        }
        catch (Exception malformed) when (WireReader.IsMalformed(malformed))
        {
            throw ProtocolException.BadRequest($"the JSON is malformed: {malformed.Message}");
        }
    }

    /// <summary>Reads one line: a row object, with its channel in it where <paramref name="channel"/> is null.</summary>
    /// <returns>The channel.</returns>
    public static string ReadLine(ReadOnlySpan<byte> line, string? channel, Func<string, RowsBuilder> builderOf)
    {
        try
        {
            var isNamed = channel is null;
            channel ??= FindChannel(line);
            var reader = new Utf8JsonReader(line, Options);
            reader.Read();
            var wire = new WireReader(reader);
            AddRow(ref wire, builderOf(channel), skipChannel: isNamed);
            reader = wire.Json;
            if (reader.Read())
                throw ProtocolException.BadRequest("a line holds one object");
            return channel;
        }
        catch (Exception malformed) when (WireReader.IsMalformed(malformed))
        {
            throw ProtocolException.BadRequest($"the JSON is malformed: {malformed.Message}");
        }
    }

    private static void AddValue(ref WireReader wire, RowsBuilder builder)
    {
        if (wire.Token == WireToken.Map)
        {
            AddRow(ref wire, builder, skipChannel: false);
            return;
        }

        var array = wire.BeginArray();
        while (wire.NextElement(ref array))
            AddRow(ref wire, builder, skipChannel: false);
    }

    private static void AddRow(ref WireReader wire, RowsBuilder builder, bool skipChannel)
    {
        builder.BeginRow();
        var fields = 0;
        var map = wire.BeginMap();
        while (wire.NextKey(ref map, out var key))
        {
            if (skipChannel && key == "channel")
            {
                wire.Skip();
                continue;
            }

            ColumnsCodec.ReadValue(ref wire, builder.Column(key));
            fields++;
        }

        if (fields == 0)
            throw wire.Error("a row has at least one field");
    }

    /// <summary>Whether the value is columns: an object with <c>fields</c> and <c>values</c> that are arrays.</summary>
    private static bool IsColumns(Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;

        bool hasFields = false, hasValues = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isFields = reader.ValueTextEquals("fields"u8);
            var isValues = reader.ValueTextEquals("values"u8);
            if (!reader.Read())
                return false;
            hasFields |= isFields && reader.TokenType == JsonTokenType.StartArray;
            hasValues |= isValues && reader.TokenType == JsonTokenType.StartArray;
            reader.Skip();
        }

        return hasFields && hasValues;
    }

    private static string FindChannel(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, Options);
        reader.Read();
        var wire = new WireReader(reader);
        string? channel = null;
        var map = wire.BeginMap();
        while (wire.NextKey(ref map, out var key))
        {
            if (key == "channel")
                channel = wire.ReadString();
            else
                wire.Skip();
        }

        return channel ?? throw ProtocolException.BadRequest("a line names its channel: {\"channel\": \"cpu\", \"value\": 1}");
    }
}
