using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Publishing;

public sealed class PublishTests
{
    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Publish_OfRows_AnswersTheirPosition(WireFormat protocol)
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server, protocol);

        Assert.Equal(("cpu{a=\"1\",b=\"2\"}", 0, 2), Of(await client.PublishAsync("cpu{b=\"2\", a=\"1\"}", Clients.Rows(0, 2))));
        Assert.Equal(("cpu{a=\"1\",b=\"2\"}", 2, 1), Of(await client.PublishAsync("cpu{a=\"1\",b=\"2\"}", Clients.Rows(2))));
        Assert.Equal(("c", -1, 0), Of(await client.PublishAsync("c", Clients.Rows(0, 0))));
    }

    [Fact]
    public async Task Publish_OfMoreThanABlock_WritesThemAllInOrder()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10000"));
        await using var client = Clients.Of(server);

        Assert.Equal(("c", 0, 4_321), Of(await client.PublishAsync("c", Clients.Rows(0, 4_321))));
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        Assert.Equal(Clients.Numbers(0, 4_321), query.Held("c").Values);
    }

    [Fact]
    public async Task Publish_WhenTheChannelHasFieldsThatMakeRowsLonger_SendsSmallerBlocks()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        var many = Enumerable.Range(0, 200).Select(i => new RowField($"f{i}")).ToArray();
        await client.PublishAsync("c", new Rows(many, [.. many.Select(_ => new Column([1.0]))]));

        Assert.Equal(("c", 1, 1_000), Of(await client.PublishAsync("c", Clients.Rows(0, 1_000))));
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c", rows: 1_000));
        Assert.Equal(Clients.Numbers(0, 1_000), query.Held("c").Values);
    }

    [Fact]
    public async Task Publish_OfManyCallsAtOnce_KeepsTheOrderOfEachChannel()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        await Task.WhenAll(Enumerable.Range(0, 100).SelectMany(i => new[] { client.PublishAsync("a", Clients.Rows(i)), client.PublishAsync("b", Clients.Rows(i)) }));

        await using var query = await Watcher.LiveAsync(client, Clients.Query("*"));
        Assert.Equal(Clients.Numbers(0, 100), query.Held("a").Values);
        Assert.Equal(Clients.Numbers(0, 100), query.Held("b").Values);
    }

    [Fact]
    public async Task Publish_WhenItsAnswerIsLost_IsWrittenOnce()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        await client.PublishAsync("c", Clients.Rows(0));
        for (var row = 1; row <= 5; row++)
        {
            proxy.BlackHole = Direction.ToClient;
            var publish = client.PublishAsync("c", Clients.Rows(row));
            await Wait.Eventually(() => server.Node.Status().RowsIn == row + 1, "the row is written");
            await Wait.Eventually(() => proxy.BytesSwallowed > 0, "its answer is lost");
            proxy.BlackHole = Direction.None;
            Assert.Equal(("c", row, 1), Of(await publish));
        }

        Assert.Equal(6, server.Node.Status().RowsIn);
        Assert.True(proxy.AcceptedConnections > 1);
    }

    [Fact]
    public async Task Publish_WhenTheOutcomeIsUnknown_RepeatsTheSameSequence()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.OnPublish = request => server.Publishes.Count switch
        {
            1 => [Error("backplane_unavailable", null)],
            2 => [Error("overloaded", 1)],
            3 => throw new Microsoft.AspNetCore.SignalR.HubException("shutting_down: this node is stopping"),
            _ => [new PublishResult("c", "e", 4, 1)],
        };
        await using var client = Clients.Of(server.Url);

        Assert.Equal(("c", 4, 1), Of(await client.PublishAsync("c", Clients.Rows(0))));
        Assert.Equal(4, server.Publishes.Count);
        Assert.Single(server.Publishes.Select(request => (request.PublisherId, request.Sequence)).Distinct());
        Assert.NotEmpty(server.Publishes.First().PublisherId ?? "");
    }

    [Fact]
    public async Task Publish_WhenTheServerIsDown_WaitsForIt()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        proxy.IsDown = true;
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        var publish = client.PublishAsync("c", Clients.Rows(0));
        await Wait.Eventually(() => client.LastError is not null, "an attempt failed");

        proxy.IsDown = false;
        Assert.Equal(("c", 0, 1), Of(await publish));
    }

    [Fact]
    public async Task Publish_WhenItIsCancelled_Ends()
    {
        await using var proxy = FaultProxy.Start("127.0.0.1", 1);
        proxy.IsDown = true;
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        using var stop = new CancellationTokenSource();
        var publish = client.PublishAsync("c", Clients.Rows(0), cancellationToken: stop.Token);
        await Wait.Eventually(() => client.LastError is not null, "an attempt failed");
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publish);
    }

    [Fact]
    public async Task Publish_OfRowsThatContradictTheChannel_SaysWhy()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        await client.PublishAsync("c", Clients.Rows(0));
        var texts = new Rows([new RowField("value")], [new Column(["text"])]);

        var refused = await Assert.ThrowsAsync<HubServerException>(() => client.PublishAsync("c", texts));
        Assert.Equal((ErrorCode.BadRequest, 0), (refused.Code, refused.Result?.Count));
        Assert.Contains("'value'", refused.Message);
        Assert.Equal(ErrorCode.BadRequest, (await Assert.ThrowsAsync<HubServerException>(() => client.PublishAsync("{", texts))).Code);
        Assert.Equal(("c", 1, 1), Of(await client.PublishAsync("c", Clients.Rows(1))));
    }

    [Fact]
    public async Task Publish_OfSeveralBatches_AnswersEach()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        await client.PublishAsync("a", Clients.Rows(0));
        var results = await client.PublishAsync(new PublishRequest
        {
            Batches =
            [
                new PublishBatch("a", Clients.Rows(1, 2)),
                new PublishBatch("b", Clients.Rows(0)),
                new PublishBatch("a", new Rows([new RowField("value")], [new Column(["text"])])),
                new PublishBatch("a", Clients.Rows(3)),
            ],
        });

        Assert.Equal([("a", 1, 2), ("b", 0, 1), ("a", -1, 0), ("a", 3, 1)], results.Select(Of));
        Assert.Equal([null, null, ErrorCode.BadRequest, null], results.Select(result => result.Error?.Code));
    }

    [Fact]
    public async Task Publish_UnderTheCallersOwnName_IsSentAsItIs()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        var request = new PublishRequest { Batches = [new PublishBatch("c", Clients.Rows(0))], PublisherId = "p", Sequence = 7 };

        Assert.Equal(("c", 0, 1), Of((await client.PublishAsync(request))[0]));
        Assert.Equal(("c", 0, 1), Of((await client.PublishAsync(request))[0]));
        Assert.Equal(1, server.Node.Status().RowsIn);
    }

    [Fact]
    public async Task Publish_OfARowThatIsTooLongForAMessage_IsRefusedBeforeItEndsTheConnection()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        var huge = new Rows([new RowField("note")], [new Column([new string('x', 2 << 20)])]);

        var refused = await Assert.ThrowsAsync<HubServerException>(() => client.PublishAsync("c", huge));
        Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
        Assert.Equal(HubServerClientState.Live, client.State);
    }

    private static PublishResult Error(string code, int? retryMs) => new("c", "", -1, 0, new ItemError(code, "not now", RetryMs: retryMs));

    private static (string Channel, long Offset, int Count) Of(PublishResult result) => (result.Channel, result.Offset, result.Count);
}
