using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubServer.History;

/// <summary>Writes a row as one text, since most of a history is rows.</summary>
internal sealed class HistoryRowConverter : JsonConverter<HistoryRow>
{
    public override HistoryRow Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        HistoryRow.Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, HistoryRow value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
