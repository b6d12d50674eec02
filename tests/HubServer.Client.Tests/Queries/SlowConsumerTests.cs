using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Queries;

public sealed class SlowConsumerTests
{
    private const int MinBacklogBytes = 64 << 10;

    [Fact]
    public async Task Query_WhileItsConsumerIsBusy_MakesOneUpdateOfWhatComes()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("c", first: 0);
        await using var client = Clients.Of(server);
        await using var updates = client.QueryAsync(Clients.Query("c")).GetAsyncEnumerator();
        var held = await ReadAsync(updates, new HeldRows());

        for (var row = 1; row <= 50; row++)
        {
            await server.PublishAsync("c", first: row);
            await Wait.Eventually(() => server.Node.Status().RowsOut > row, "the row is sent");
        }

        var reads = 0;
        for (; held.Next < 51; reads++)
            await ReadAsync(updates, held);
        Assert.InRange(reads, 1, 10);
        Assert.Equal(Clients.Numbers(0, 51), held.Values);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenItsConsumerFallsBehind_EndsTheStreamAndGoesOnWhereTheConsumerIs(WireFormat protocol)
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "1000000"), ("Channels:MaxBytes", "100000000"));
        await server.PublishAsync("c", first: 0);
        await using var client = Clients.Of(server.Url, options => (options.Protocol, options.MaxBacklogBytes) = (protocol, MinBacklogBytes));
        await using var updates = client.QueryAsync(Clients.Query("c")).GetAsyncEnumerator();
        var held = await ReadAsync(updates, new HeldRows());

        var published = await PublishUntilDroppedAsync(server);
        await server.PublishAsync("c", published, count: 1_000);
        while (held.Next < published + 1_000)
            await ReadAsync(updates, held);
        Assert.Equal(Clients.Numbers(0, published + 1_000), held.Values);
        Assert.Empty(held.Gaps);
        Assert.Equal(1, server.Node.Status().Queries);
    }

    [Fact]
    public async Task Query_WhenItsConsumerFallsBehindWhatTheChannelKeeps_AnnouncesTheLoss()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "500"));
        await server.PublishAsync("c", first: 0);
        await using var client = Clients.Of(server.Url, options => options.MaxBacklogBytes = MinBacklogBytes);
        await using var updates = client.QueryAsync(Clients.Query("c")).GetAsyncEnumerator();
        var held = await ReadAsync(updates, new HeldRows());

        var published = await PublishUntilDroppedAsync(server);
        await server.PublishAsync("c", published, count: 1_000);
        while (held.Next < published + 1_000)
            await ReadAsync(updates, held);
        var gap = Assert.Single(held.Gaps);
        Assert.Equal((GapReason.Lapped, 1L), (gap.Reason, gap.From));
        Assert.Equal([0, .. Clients.Numbers((int)(gap.To ?? 0) + 1, published + 1_000 - (int)(gap.To ?? 0) - 1)], held.Values);
    }

    [Fact]
    public async Task Intake_WhileItsConsumerIsBusy_KeepsNoMoreThanItsLimit()
    {
        await using var server = await ServerFixture.StartAsync();
        var options = Clients.Options(server.Url);
        await using var session = await Session.StartAsync(options, HubUrl.Of(server.Url), wasConnected: false, CancellationToken.None);
        var board = new StateBoard(this, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await using var intake = Intake.Start(session, Clients.Query("c"), MinBacklogBytes, board);
        await intake.TakeAsync(CancellationToken.None);
        intake.Rest();

        var most = 0L;
        for (var published = 0; !intake.IsDropped; published += 500)
        {
            await server.PublishAsync("c", published, count: 500);
            most = Math.Max(most, intake.WaitingBytes);
        }

        Assert.InRange(most, 1, MinBacklogBytes);
        Assert.Equal(0, intake.WaitingBytes);
        intake.Ask();
        Assert.Empty(await intake.TakeAsync(CancellationToken.None));
        await server.EventuallyIdleAsync("the stream is cancelled");
    }

    [Fact]
    public async Task Intake_WhileItsConsumerWaits_TakesAPastThatIsLargerThanItsLimit()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "100000"));
        for (var first = 0; first < 50_000; first += 5_000)
            await server.PublishAsync("c", first, count: 5_000);
        await using var client = Clients.Of(server.Url, options => options.MaxBacklogBytes = MinBacklogBytes);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));

        Assert.Equal(50_000, query.Held("c").Values.Count);
    }

    /// <summary>Publishes until the client has ended its stream, and gives the number of rows that the channel has seen.</summary>
    private static async Task<int> PublishUntilDroppedAsync(ServerFixture server)
    {
        var published = 1;
        await Wait.Eventually(
            async () =>
            {
                await server.PublishAsync("c", published, count: 500);
                published += 500;
                return server.Node.Status().Queries == 0;
            },
            "the client ends the stream of a consumer that does not ask");
        return published;
    }

    private static async Task<HeldRows> ReadAsync(IAsyncEnumerator<QueryUpdate> updates, HeldRows held)
    {
        Assert.True(await updates.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        foreach (var frame in updates.Current.Frames)
            held.Apply(frame);
        return held;
    }
}
