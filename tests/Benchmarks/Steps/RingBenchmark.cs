using BenchmarkDotNet.Attributes;
using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Benchmarks.Steps;

/// <summary>A full ring of 1,000 rows: what it takes to append a block and to copy the newest rows out.</summary>
public class RingBenchmark
{
    private const int Capacity = 1_000;
    private static readonly int[] Fields = [0, 1];

    private readonly CircularFrame _ring = new(Capacity, maxBytes: 4 << 20);
    private Column[] _block = [];

    [Params(1, 1_000)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _ring.Append(SampleRows.Schema, SampleRows.Columns(Capacity), Capacity);
        _block = SampleRows.Columns(Rows);
    }

    [Benchmark]
    public void Append() => _ring.Append(SampleRows.Schema, _block, Rows);

    [Benchmark]
    public object Read() => _ring.Read(_ring.Next - Rows, _ring.Next, Fields);
}
