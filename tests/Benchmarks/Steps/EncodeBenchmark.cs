using BenchmarkDotNet.Attributes;
using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Benchmarks.Steps;

/// <summary>The rows of a delta as the <c>data</c> of a frame.</summary>
public class EncodeBenchmark
{
    private readonly HubServerMetrics _metrics = new();
    private FrameBodies? _bodies;
    private Column[] _columns = [];

    [Params(1, 10, 1_000)]
    public int Rows { get; set; }

    [Params(WireFormat.Json, WireFormat.MessagePack)]
    public WireFormat Format { get; set; }

    [GlobalSetup]
    public void Make()
    {
        _bodies = new FrameBodies(new QueryOptions(), TimeProvider.System, _metrics);
        _columns = SampleRows.Columns(Rows);
    }

    [Benchmark]
    public int Delta() => (_bodies ?? throw new InvalidOperationException("set up first")).Encode(_columns, Format).Length;
}
