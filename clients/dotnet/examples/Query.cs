#:package Microsoft.AspNetCore.SignalR.Client@10.0.14
#:property PublishAot=false
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;

var url = args.ElementAtOrDefault(0) ?? "http://localhost:5080";
var channel = args.ElementAtOrDefault(1) ?? "cpu";
await using var connection = new HubConnectionBuilder().WithUrl($"{url}/hub").Build();
await connection.StartAsync();
var query = new { version = 1, targets = new[] { new { channel, rows = 5 } } };
await foreach (var item in connection.StreamAsync<JsonElement>("Query", query))
    foreach (var frame in item.GetProperty("frames").EnumerateArray())
        Console.WriteLine($"{item.GetProperty("state")} {frame.GetProperty("channel")} {frame.GetProperty("offset")} {frame.GetProperty("data").GetProperty("values")}");
