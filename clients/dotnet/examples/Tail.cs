#:project ../HubServer.Client
#:property PublishAot=false
// Prints the rows of channels as they come, each loss included: dotnet run Tail.cs [URL] [SELECTOR]
using System.Globalization;
using HubServer.Client;
using HubServer.Protocol;

var url = args.ElementAtOrDefault(0) ?? "http://localhost:5080";
var selector = args.ElementAtOrDefault(1) ?? "cpu";
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};

await using var client = new HubServerClient(url);
client.StateChanged += (_, change) => Console.Error.WriteLine($"{change.State} {change.Error?.Message}");
var request = new QueryRequest { Targets = [new Target { Channel = selector, Rows = 5 }] };
try
{
    await foreach (var update in client.QueryAsync(request, stop.Token))
    {
        foreach (var frame in update.Frames)
            Print(frame);
        foreach (var error in update.Errors)
            Console.Error.WriteLine($"{error.Code}: {error.Message}");
    }
}
catch (OperationCanceledException)
{
    // Ctrl+C.
}
catch (HubServerException refused)
{
    Console.Error.WriteLine($"{refused.Code}: {refused.Message}");
    return 1;
}

return 0;

static void Print(FrameUpdate frame)
{
    if (frame.Gap is { } gap)
        Console.WriteLine($"{frame.Channel} --- {gap.Reason}: rows from {gap.From} to {gap.To?.ToString(CultureInfo.InvariantCulture) ?? "?"} ---");
    if (frame.Change == FrameChange.Removed)
        Console.WriteLine($"{frame.Channel} --- removed ---");
    for (var row = 0; row < frame.Rows; row++)
        Console.WriteLine($"{frame.Channel} {string.Join(' ', frame.Columns.Select((column, i) => $"{frame.Schema.Schema.Fields[i].Key}={Text(column, row)}"))}");
}

static string Text(Column column, int row)
{
    if (column.IsNull(row))
        return "null";
    return column.Kind switch
    {
        ColumnKind.Number => column.Numbers[row].ToString(CultureInfo.InvariantCulture),
        ColumnKind.String => column.Strings[row] ?? "null",
        _ => column.Booleans[row] == 1 ? "true" : "false",
    };
}
