using BenchmarkDotNet.Attributes;
using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Benchmarks.Steps;

/// <summary>A subscription that joins and takes its past, 1,000 rows of each of 20 channels, whose pages are encoded already.</summary>
public class JoinBenchmark : IDisposable
{
    private const int Channels = 20;

    private SteppedNode? _node;

    [Params(WireFormat.Json, WireFormat.MessagePack)]
    public WireFormat Format { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _node = new SteppedNode(Channels, rows: 1);
        _node.Open(1, Format, rows: 1_000);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _node?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public async Task<long> Join()
    {
        var node = _node ?? throw new InvalidOperationException("set up first");
        foreach (Subscription opened in node.Open(1, Format, rows: 1_000))
            await opened.DisposeAsync();
        return node.Taken;
    }
}
