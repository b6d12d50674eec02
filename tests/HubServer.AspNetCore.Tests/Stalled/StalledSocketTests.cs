using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Stalled;

/// <summary>A socket that does not take what it is sent costs no memory, and goes when it took nothing for too long.</summary>
[Collection(nameof(Alone))]
public sealed class StalledSocketTests
{
    private const int BlockRows = 1_000;

    // So many that the arrays which the runtime pools for each of its threads weigh little beside them.
    private const int Stalled = 8;

    private long _discarded; // Bytes that the healthy client read.

    [Fact]
    public async Task Publish_WhenSocketsAreStalled_TakesNoMemoryForThem()
    {
        await using var server = await ServerFixture.StartAsync(("Transport:SendTimeout", "00:05:00"));
        using var stop = new CancellationTokenSource();
        using var healthy = await RawSocket.ConnectAsync(server.Url);
        await healthy.QueryAsync("cpu");
        var reading = DiscardAsync(healthy, stop.Token);
        await PublishBlocksAsync(server, blocks: 100);
        await QuietAsync(server);
        var before = HeapBytes();

        await using (await StalledSockets.StartAsync(server.Url, "cpu", Stalled / 2))
        {
            await Wait.Eventually(() => server.Node.Status().Queries == Stalled + 1, "all queries run");
            await FillAsync(server);

            var held = (HeapBytes() - before) / Stalled;
            Assert.Equal(Stalled + 1, server.Node.Status().Queries);
            Assert.True(held < 1 << 20, $"each stalled socket holds {held} bytes");
            TestContext.Current.TestOutputHelper?.WriteLine($"each of {Stalled} stalled sockets holds {held} bytes");
        }

        await Wait.Eventually(() => server.Node.Status().Queries == 1, "the stalled queries end with their sockets");
        await stop.CancelAsync();
        await reading;
    }

    [Fact]
    public async Task SendTimeout_WhenASocketTakesNothing_ClosesIt()
    {
        await using var server = await ServerFixture.StartAsync(("Transport:SendTimeout", "00:00:01"));
        using var never = await RawSocket.ConnectAsync(server.Url, receiveBufferBytes: 8 << 10);
        await never.QueryAsync("cpu");
        await Wait.Eventually(() => server.Node.Status().Queries == 1, "the query runs");

        // The kernel takes in some megabytes for the client before the server notices anything.
        var started = TimeProvider.System.GetTimestamp();
        while (server.Node.Status().Queries > 0)
        {
            await PublishBlocksAsync(server, blocks: 1);
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "the socket is still open");
        }

        await server.EventuallyIdleAsync("nothing of the closed socket is left");
        Assert.True(server.LimitsReached["Transport:SendTimeout"] > 0, "the limit was not counted");
    }

    // About 290 KB of JSON for each block, so that a hundred are more than the kernel keeps for a socket; and one every
    // few milliseconds, so that each becomes an item of its own.
    private static async Task PublishBlocksAsync(ServerFixture server, int blocks)
    {
        var fields = Enumerable.Range(0, 15).Select(i => new RowField($"field{i}")).ToArray();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        for (var block = 0; block < blocks; block++)
        {
            await pace.WaitForNextTickAsync();
            var columns = fields.Select(_ => new Column([.. Enumerable.Range(block * BlockRows, BlockRows).Select(i => i / 7.0)]));
            await server.PublishAsync("cpu", fields, [.. columns]);
        }
    }

    /// <summary>
    /// Publishes until only the healthy client takes anything. How much the kernel takes in for a socket before that is
    /// its own affair: it has been 1 MB and 20 MB.
    /// </summary>
    private async Task FillAsync(ServerFixture server)
    {
        const int blocks = 20;
        for (var published = 0; published < 2_000; published += blocks)
        {
            var rowsOut = server.Node.Status().RowsOut;
            await PublishBlocksAsync(server, blocks);
            await QuietAsync(server);

            // A client that reads slowly makes room for a block now and then.
            if (server.Node.Status().RowsOut - rowsOut < (blocks + (Stalled / 2)) * BlockRows)
                return;
        }

        Assert.Fail("the sockets that nobody reads still take what they are sent");
    }

    /// <summary>Waits until the healthy client took all there is: what is on its way to it is no stalled socket's.</summary>
    private async Task QuietAsync(ServerFixture server)
    {
        var (seen, polls) = ((0L, 0L), 0);
        await Wait.Eventually(
            () =>
            {
                var now = (Volatile.Read(ref _discarded), server.Node.Status().RowsOut);
                polls = now == seen ? polls + 1 : 0;
                seen = now;
                return polls == 20;
            },
            "nothing moves any more");
    }

    private async Task DiscardAsync(RawSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        try
        {
            for (var read = 1; read > 0; Volatile.Write(ref _discarded, _discarded + read))
                read = await socket.ReadAsync(buffer, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static long HeapBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        // GC.GetTotalMemory is no measure here: it counts free space by estimate, and has answered with less than nothing.
        var collection = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        return collection.HeapSizeBytes - collection.FragmentedBytes;
    }
}
