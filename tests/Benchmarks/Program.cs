using HubServer.Benchmarks;

switch (args.FirstOrDefault())
{
    case "stalled":
        await StalledBenchmark.RunAsync();
        return 0;
    case "directory":
        await DirectoryBenchmark.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("dotnet run -c Release --project tests/Benchmarks -- stalled | directory");
        return 1;
}
