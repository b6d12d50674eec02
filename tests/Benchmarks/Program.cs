using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using HubServer.Benchmarks;
using HubServer.Benchmarks.Steps;

switch (args.FirstOrDefault())
{
    case "stalled":
        await StalledBenchmark.RunAsync();
        return 0;
    case "directory":
        await DirectoryBenchmark.RunAsync();
        return 0;
    case "steps":
        // In this process: the internals that are measured are visible to this assembly, and to none that is made for a run.
        // On a noisy machine a step would take up to a hundred iterations, and all of them half an hour.
        var steps = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.Default.WithMaxIterationCount(20).WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "steps"));
        BenchmarkSwitcher.FromTypes([typeof(RingBenchmark), typeof(EncodeBenchmark), typeof(TickBenchmark), typeof(JoinBenchmark)]).RunAllJoined(steps, args[1..]);
        return 0;
    default:
        Console.Error.WriteLine("dotnet run -c Release --project tests/Benchmarks -- steps | stalled | directory");
        return 1;
}
