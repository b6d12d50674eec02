using System.Reflection;
using HubServer.ScaleoutBenchmark;

if (args is [BaselineNode.Command, .. var rest])
{
    await BaselineNode.RunAsync(rest);
    return 0;
}

var results = typeof(BaselineNode).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static one => one.Key == "Results").Value;
if (BenchmarkOptions.Read(args, results ?? "") is not { } options)
{
    Console.Error.WriteLine(BenchmarkOptions.Usage);
    return 1;
}

await new Benchmark(options).RunAsync();
return 0;
