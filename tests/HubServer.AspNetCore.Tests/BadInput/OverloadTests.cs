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

    [Fact]
    public async Task Publish_WhileHundredsOfExpressionsAreCompiled_DoesNotWaitForThem()
    {
        await using var server = await ServerFixture.StartAsync(("Queries:MaxPerConnection", "1000"));
        var connection = await server.ConnectAsync(Wire.Json);
        using var end = new CancellationTokenSource();
        using var warm = await PostAsync(server, rows: 1);

        var started = 0;
        async Task StartAsync(int i)
        {
            var selector = $"{{__name__=~\"(cpu|memory|x{i}|(a|b)*c.*){{0,9}}\"}}";
            await foreach (var item in connection.StreamAsync<object>("Query", new { version = 1, targets = new[] { new { channel = selector } } }, end.Token))
            {
                Interlocked.Increment(ref started);
                return;
            }
        }

        var queries = Enumerable.Range(0, 500).Select(StartAsync).ToArray();
        await Wait.Eventually(() => Volatile.Read(ref started) > 0, "the first of the queries runs");
        for (var i = 0; i < 10; i++)
        {
            using var response = await PostAsync(server, rows: 1);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.InRange(Volatile.Read(ref started), 1, 499);
        await Task.WhenAll(queries);
        Assert.Empty(server.Errors);
    }

    private static Task<HttpResponseMessage> PostAsync(ServerFixture server, int rows) =>
        server.PostAsync("/api/channels/cpu/rows", $"[{string.Join(',', Enumerable.Range(0, rows).Select(i => $"{{\"value\":{i}}}"))}]");
}
