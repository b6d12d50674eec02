using HubServer.Core;
using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Benchmarks.Steps;

/// <summary>A node whose work runs on the calling thread, when it is asked to, so that a step costs what it costs alone.</summary>
internal sealed class SteppedNode : IDisposable
{
    private const string Name = "bench/";

    private readonly Queue<IThreadPoolWorkItem> _posted = new();
    private readonly HubServerMetrics _metrics = new();
    private readonly InMemoryBackplane _backplane;
    private readonly Node _node;
    private readonly Block[] _blocks;
    private long _taken;

    /// <summary>Makes the channels, which hold as many rows each as one keeps by default.</summary>
    /// <param name="channels">How many.</param>
    /// <param name="rows">The rows that <see cref="Append()"/> gives each of them: a time and a number.</param>
    public SteppedNode(int channels, int rows)
    {
        var options = new HubServerOptions();
        _backplane = new InMemoryBackplane(options, TimeProvider.System);
        _node = new Node(options, _backplane, _metrics, TimeProvider.System, new WorkPool(_posted.Enqueue, workers: 1), NullLogger<Node>.Instance);
        for (var i = 0; i < channels; i++)
            Append(SampleRows.Block(Name + i, options.Channels.Capacity, Schema.Empty));
        _blocks = [.. Enumerable.Range(0, channels).Select(i => SampleRows.Block(Name + i, rows, SampleRows.Schema))];
    }

    /// <summary>The items that viewers took.</summary>
    public long Taken => _taken;

    /// <summary>Appends a block to every channel.</summary>
    public void Append()
    {
        foreach (var block in _blocks)
            Append(block);
    }

    /// <summary>Runs what has been posted, and what that posts.</summary>
    public void Run()
    {
        while (_posted.TryDequeue(out var item))
            item.Execute();
    }

    /// <summary>Opens queries of all channels, which take what comes as soon as they are woken.</summary>
    /// <param name="count">How many.</param>
    /// <param name="format">In which encoding.</param>
    /// <param name="rows">The past of each channel.</param>
    public List<Subscription> Open(int count, WireFormat format, int rows = 0)
    {
        var request = new QueryRequest { Targets = [new Target { Channel = Name + "*", Rows = rows }], IntervalMs = 0 };
        var opened = new List<Subscription>(count);
        for (var i = 0; i < count; i++)
        {
            opened.Add(_node.Query(request, format));
            _ = TakeAsync(opened[i]);
        }

        Run();
        return opened;
    }

    public void Dispose() => _node.Dispose();

    private async Task TakeAsync(Subscription subscription)
    {
        await foreach (var _ in subscription)
            _taken++;
    }

    private void Append(Block block)
    {
        var appending = _backplane.AppendAsync(((IBackplane)_backplane).PartitionOf(block.Channel), [block], CancellationToken.None);
        if (!appending.IsCompletedSuccessfully || appending.Result[0].Status != AppendStatus.Appended)
            throw new InvalidOperationException("the backplane takes every block at once");
    }
}
