using System.Net;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>While the backplane does not answer, a bounded number of rows waits and the rest is sent away.</summary>
public sealed class OverloadTests
{
    [Fact]
    public async Task Publish_WhenTheQueueIsFull_IsSentAwayUntilThereIsRoom()
    {
        await using var server = await ServerFixture.StartAsync(
            static services => services.AddSingleton<SlowBackplane>().AddSingleton<IBackplane>(provider => provider.GetRequiredService<SlowBackplane>()),
            ("Publishing:MaxPendingRows", "5"),
            ("Partitions", "1"));
        var connection = await server.ConnectAsync(Wire.Json);

        // The first is on its way to the backplane, the second fills the queue behind it.
        var first = PostAsync(server, rows: 1);
        await Wait.Eventually(() => server.Backplane<SlowBackplane>().Calls == 1, "the first is in flight");
        var second = PostAsync(server, rows: 5);
        await Wait.Eventually(() => server.Node.Status().PendingRows >= 5, "the queue is full");

        using var third = await PostAsync(server, rows: 1);
        await HttpBadInputTests.AssertProblemAsync(third, HttpStatusCode.TooManyRequests, ErrorCode.Overloaded, "rows wait for the backplane already; try again later (HubServer:Publishing:MaxPendingRows) (0 rows were taken)");
        Assert.Equal("1", Assert.Single(third.Headers.GetValues("Retry-After")));
        var results = await connection.InvokeAsync<PublishResult[]>("Publish", new { batches = new[] { new { channel = "cpu", rows = new { fields = new[] { new { name = "value" } }, values = new[] { new[] { 1.0 } } } } } });
        Assert.Equal((ErrorCode.Overloaded, 1_000, 0), (results[0].Error?.Code, results[0].Error?.RetryMs, results[0].Count));

        server.Backplane<SlowBackplane>().LetGo();
        using var firstResponse = await first;
        using var secondResponse = await second;
        using var fourth = await PostAsync(server, rows: 1);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], [firstResponse.StatusCode, secondResponse.StatusCode, fourth.StatusCode]);
        Assert.Equal(7, server.Node.Status().RowsIn);
        Assert.Empty(server.Errors);
    }

    private static Task<HttpResponseMessage> PostAsync(ServerFixture server, int rows) =>
        server.PostAsync("/api/channels/cpu/rows", $"[{string.Join(',', Enumerable.Range(0, rows).Select(i => $"{{\"value\":{i}}}"))}]");
}
