using HubServer.LoadTest;
using HubServer.LoadTest.Baseline;
using HubServer.LoadTest.Fanout;
using HubServer.LoadTest.Scaleout;

var scaleout = new RunOptions(3, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(12), Path.Combine(Paths.Results, "scaleout.json"), [], []);
var fanout = new RunOptions(5, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(20), Path.Combine(Paths.Results, "fanout"), [], [], Scale: 1);

switch (args)
{
    case [BaselineNode.Command, .. var rest]:
        await BaselineNode.RunAsync(rest);
        return 0;
    case ["scaleout", .. var rest] when scaleout.Read(rest) is { } options:
        await new ScaleoutBenchmark(options).RunAsync();
        return 0;
    case ["fanout", .. var rest] when fanout.Read(rest) is { } options:
        await new FanoutBenchmark(options).RunAsync();
        return 0;
    default:
        Console.Error.WriteLine($"""
            dotnet run -c Release --project tests/LoadTest -- fanout {fanout.Usage}
              --only {string.Join(',', Loads.All.Select(static load => load.Name))}
              --systems {string.Join(" | ", Systems.All.Select(static system => system.Name))}, by the beginning of their names, or all of it and a $
            dotnet run -c Release --project tests/LoadTest -- scaleout {scaleout.Usage}
              --only blocks,rows,latency,script
              --systems hubserver | signalr
            """);
        return 1;
}
