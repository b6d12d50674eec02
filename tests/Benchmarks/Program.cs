using HubServer.Benchmarks;

switch (args.FirstOrDefault())
{
    case "stalled":
        await StalledBenchmark.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("dotnet run -c Release --project tests/Benchmarks -- stalled");
        return 1;
}
