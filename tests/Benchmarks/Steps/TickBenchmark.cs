using BenchmarkDotNet.Attributes;
using HubServer.Protocol;

namespace HubServer.Benchmarks.Steps;

/// <summary>
/// One tick of a feed as a whole: a row for each of its channels is appended, the shared item is put together of them, and
/// its subscriptions are woken and take it. What one more subscription or channel costs is a difference of two rows.
/// </summary>
public class TickBenchmark : IDisposable
{
    private SteppedNode? _node;

    [Params(1, 20)]
    public int Channels { get; set; }

    [Params(1, 100, 10_000)]
    public int Subscribers { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _node = new SteppedNode(Channels, rows: 1);
        _node.Open(Subscribers, WireFormat.MessagePack);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _node?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public long Tick()
    {
        var node = _node ?? throw new InvalidOperationException("set up first");
        var before = node.Taken;
        node.Append();
        node.Run();
        return node.Taken - before == Subscribers ? node.Taken : throw new InvalidOperationException("every subscription takes every item");
    }
}
