using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Queries;

/// <summary>Whatever way a client goes, within a second nothing of it is left.</summary>
public sealed class TeardownTests
{
    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenItIsUnsubscribed_LetsGoOfEverything(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync();
        var connection = await server.ConnectAsync(Wire.Of(format));
        var queries = await StartQueriesAsync(server, connection);

        foreach (var query in queries)
            await query.DisposeAsync();

        await server.EventuallyIdleAsync("unsubscribing ends the queries");
        await using var again = await RunningQuery.StreamingAsync(connection, "cpu");
        Assert.Equal(1, server.Node.Status().Queries);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenTheConnectionStops_LetsGoOfEverything(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync();
        var connection = await server.ConnectAsync(Wire.Of(format));
        await StartQueriesAsync(server, connection);

        await connection.StopAsync();

        await server.EventuallyIdleAsync("stopping the connection ends its queries");
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task Query_WhenTheSocketIsAborted_LetsGoOfEverything()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 0);
        var socket = await RawSocket.ConnectAsync(server.Url);
        await socket.QueryAsync("cpu");
        await Wait.Eventually(() => server.Node.Status().Queries == 1, "the query runs");

        socket.Abort();

        await server.EventuallyIdleAsync("a reset of the socket ends its queries");
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task Query_WhenClientsComeAndGoUnderLoad_LeavesNothing()
    {
        await using var server = await ServerFixture.StartAsync();
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await server.PublishAsync("cpu", first: i);
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            for (var i = 0; i < 10; i++)
            {
                await using var connection = await server.ConnectAsync(client % 2 == 0 ? Wire.Json : Wire.MessagePack);
                var query = await RunningQuery.StreamingAsync(connection, "cpu");
                if (i % 2 == 0)
                    await query.DisposeAsync();
            }
        }));
        await stop.CancelAsync();
        await publishing;

        await server.EventuallyIdleAsync("every client is gone");
        Assert.Empty(server.Errors);
    }

    private static async Task<List<RunningQuery>> StartQueriesAsync(ServerFixture server, Microsoft.AspNetCore.SignalR.Client.HubConnection connection)
    {
        await server.PublishAsync("cpu", first: 0, count: 10);
        var queries = new List<RunningQuery>();
        foreach (var interval in new[] { 0, 20, 20, 1_000 })
            queries.Add(await RunningQuery.StreamingAsync(connection, new { version = 1, targets = new[] { new { channel = "cpu" } }, intervalMs = interval }));
        Assert.Equal((4, 3), (server.Node.Status().Queries, server.Node.Status().Feeds));

        // Two changes in a row: the second waits for the grid, so that a timer runs.
        await server.PublishAsync("cpu", first: 10);
        await queries[3].EventuallyAsync(() => queries[3].Held("cpu").Next == 11, "the row arrives");
        await server.PublishAsync("cpu", first: 11);
        await Wait.Eventually(() => server.Node.Status().Timers > 0, "a timer waits for the next tick");
        return queries;
    }
}
