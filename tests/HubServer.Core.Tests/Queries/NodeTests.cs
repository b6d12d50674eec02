using HubServer.Core.Tests.Simulation;
using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Queries;

/// <summary>A node whose work and clock a test moves by hand.</summary>
public abstract class NodeTests : IDisposable
{
    private readonly Queue<IThreadPoolWorkItem> _work = [];
    private ValueTask<bool>? _pending;

    protected NodeTests(HubServerOptions options)
    {
        Options = options;
        Node = new Node(options, new InMemoryBackplane(options, Time), new HubServerMetrics(), Time, new WorkPool(_work.Enqueue), NullLogger<Node>.Instance);
    }

    private protected SimulatedTime Time { get; } = new();

    protected HubServerOptions Options { get; }

    protected Node Node { get; }

    public void Dispose()
    {
        Node.Dispose();
        GC.SuppressFinalize(this);
    }

    protected Subscription Open(string selector, int intervalMs, int? rows = null, int? maxDataPoints = null, string[]? fields = null)
    {
        var request = new QueryRequest { IntervalMs = intervalMs, MaxDataPoints = maxDataPoints, Targets = [new Target { Channel = selector, Rows = rows, Fields = fields }] };
        return Open(request);
    }

    protected Subscription Open(QueryRequest request) => (Subscription)Node.Query(request, WireFormat.Json).GetAsyncEnumerator();

    protected void Publish(string channel) => Publish(channel, Rows(1));

    protected PublishResult Publish(string channel, Rows rows)
    {
        var task = Node.Ingest.PublishAsync(new ChannelId(channel), rows, CancellationToken.None).AsTask();
        while (!task.IsCompleted)
            Run();
        return task.Result;
    }

    /// <summary>Publishes to some channels each second; the others go away.</summary>
    protected void KeepAlive(int seconds, params string[] channels)
    {
        for (var i = 0; i < seconds; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Array.ForEach(channels, Publish);
        }
    }

    protected Item? Next(Subscription items)
    {
        var step = _pending ?? items.MoveNextAsync();
        for (var i = 0; i < 10 && !step.IsCompleted; i++)
        {
            Run();
            if (!step.IsCompleted)
                Time.Advance(TimeSpan.FromMilliseconds(20));
            Run();
        }

        _pending = step.IsCompleted ? null : step;
        return step.IsCompleted && step.GetAwaiter().GetResult() ? WireReader.Read<Item>(WireFormat.Json, items.Current.Bytes(WireFormat.Json)) : null;
    }

    protected void Run()
    {
        while (_work.TryDequeue(out var item))
            item.Execute();
    }
}
