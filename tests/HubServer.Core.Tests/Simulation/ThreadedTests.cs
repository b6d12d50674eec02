using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Core.Tests.Simulation;

/// <summary>What one thread cannot show: races between marks, ticks, wakes and waits.</summary>
public sealed class ThreadedTests
{
    private const int Worlds = 16;
    private const int Rounds = 30_000;

    [Fact]
    public async Task ManyThreads_ShowEachSubscriberWhatWasPublished()
    {
        var runs = Enumerable.Range(1, Worlds).Select(seed => Task.Run(async () =>
        {
            try
            {
                await new ThreadedRun(seed).ExecuteAsync();
            }
            catch (Exception failure)
            {
                throw new BrokenPromiseException($"world {seed}: {failure}");
            }
        }));
        await Task.WhenAll(runs);
    }

    /// <summary>
    /// Rows come while a tick is under way, and then silence: a mark or a wake-up that gets lost is not made good by
    /// the row after.
    /// </summary>
    [Fact]
    public async Task Row_DuringATick_ArrivesWithoutAnotherRow()
    {
        var options = new HubServerOptions { Partitions = 1 };
        var backplane = new InMemoryBackplane(options, TimeProvider.System);
        using var node = new Node(options, backplane, new HubServerMetrics(), TimeProvider.System, new WorkPool(), NullLogger<Node>.Instance);
        await node.Ingest.PublishAsync(new ChannelId("a"), OneRow(), CancellationToken.None);
        var head = 1L;
        var shown = 0L;
        using var end = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            var request = new QueryRequest { IntervalMs = 0, Targets = [new Target { Channel = "a" }] };
            await foreach (var item in node.Query(request, WireFormat.MessagePack).WithCancellation(end.Token))
            {
                foreach (var frame in WireReader.Read<Item>(WireFormat.MessagePack, item.Bytes(WireFormat.MessagePack)).Frames)
                    Volatile.Write(ref shown, frame.Offset + frame.Count);
            }
        });

        var random = new Random(1);
        var block = BlockOf((await node.Ingest.PublishAsync(new ChannelId("a"), OneRow(), CancellationToken.None)).Count, node);
        head++;
        for (var round = 0; round < Rounds; round++)
        {
            for (var rows = random.Next(1, 5); rows > 0; rows--)
            {
                await backplane.AppendAsync(0, [block], CancellationToken.None);
                head++;
                Thread.SpinWait(random.Next(300));
            }

            var arrived = SpinWait.SpinUntil(() => Volatile.Read(ref shown) == head, TimeSpan.FromSeconds(5));
            Assert.True(arrived, $"round {round}: the client is at {Volatile.Read(ref shown)}, the channel at {head}");
        }

        await end.CancelAsync();
        await reading;
    }

    private static Rows OneRow() => new([new RowField("v")], [new Column([1.0])]);

    private static Block BlockOf(int count, Node node)
    {
        var schema = node.Registry.Find(new ChannelId("a"))!.ReadHead().Schema;
        return new Block
        {
            Channel = new ChannelId("a"),
            BaseHash = schema.Hash,
            Schema = schema,
            Columns = [.. schema.Fields.Select(_ => new Column(new double[count]))],
            Count = count,
            Bytes = 16,
        };
    }
}
