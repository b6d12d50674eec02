#:project ../HubServer.Client
#:property PublishAot=false
// Publishes a file of rows, one JSON object a line, as in {"time": 1700000000000, "user": 1.5, "note": "x"}; a dash is the
// standard input, so that it also follows a program: dotnet run Publish.cs [URL] [CHANNEL] [FILE]
using System.Text.Json;
using HubServer.Client;

var url = args.ElementAtOrDefault(0) ?? "http://localhost:5080";
var channel = args.ElementAtOrDefault(1) ?? "file";
var file = args.ElementAtOrDefault(2) ?? "-";
var written = 0;
try
{
    await using var client = new HubServerClient(url);
    client.StateChanged += (_, change) => Console.Error.WriteLine($"{change.State} {change.Error?.Message}");
    await using var writer = client.CreateRowWriter();
    using var lines = file == "-" ? Console.In : new StreamReader(file);
    while (await lines.ReadLineAsync() is { } line)
    {
        if (line.Trim().Length == 0)
            continue;
        using var row = JsonDocument.Parse(line);
        await writer.WriteAsync(channel, [.. row.RootElement.EnumerateObject().Select(ValueOf)]);
        written++;
    }

    // Disposing does the same; here it comes before the last word.
    await writer.FlushAsync();
    Console.WriteLine($"published {written} rows to {channel}");
    return 0;
}
catch (Exception refused) when (refused is HubServerException or JsonException or IOException)
{
    Console.Error.WriteLine($"after {written} rows: {refused.Message}");
    return 1;
}

static RowValue ValueOf(JsonProperty property) => property.Value.ValueKind switch
{
    JsonValueKind.Number => new RowValue(property.Name, property.Value.GetDouble()),
    JsonValueKind.True or JsonValueKind.False => new RowValue(property.Name, property.Value.GetBoolean()),
    JsonValueKind.String when property.Name == "time" => new RowValue(property.Name, property.Value.GetDateTimeOffset()),
    JsonValueKind.String => new RowValue(property.Name, property.Value.GetString()),
    JsonValueKind.Null => new RowValue(property.Name, (string?)null),
    _ => throw new JsonException($"'{property.Name}' is a list or an object; a value is a number, a text, true, false or null"),
};
