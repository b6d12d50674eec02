using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Queries;

public sealed class QueryTests
{
    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_OfAChannel_GivesThePastAndThenWhatChanges(WireFormat protocol)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu{host=\"a\"}", first: 1, count: 3);
        await using var client = Clients.Of(server, protocol);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("cpu", rows: 2));
        Assert.Equal([2, 3], query.Held("cpu{host=\"a\"}").Values);
        Assert.Equal(server.Node.Status().Node, query.Latest?.Server?.Node);

        await server.PublishAsync("cpu{host=\"a\"}", first: 4);
        await server.PublishAsync("cpu{host=\"b\"}", first: 9);
        await query.HoldsAsync("cpu{host=\"a\"}", [2, 3, 4], "a live row comes");
        await query.HoldsAsync("cpu{host=\"b\"}", [9], "a new channel joins");
        Assert.Equal([FrameChange.Replaced, FrameChange.Appended], query.Held("cpu{host=\"a\"}").Changes);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_OfEveryType_GivesTypedColumns(WireFormat protocol)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync(
            "c",
            [new RowField("time"), new RowField("n", Unit: "percent"), new RowField("s"), new RowField("b"), new RowField("n", Labels: Labels.From([new("core", "0")]))],
            new Column([1_700_000_000_000.25, 1_700_000_001_000.0]),
            new Column([double.NaN, Column.NullNumber]),
            new Column(["x", null]),
            new Column([1, Column.NullBoolean]),
            new Column([double.PositiveInfinity, 7.0]));
        await using var client = Clients.Of(server, protocol);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        var frame = Assert.Single(query.Latest?.Frames ?? []);

        Assert.Equal([1_700_000_000_000.25, 1_700_000_001_000.0], frame.Times.ToArray());
        Assert.Equal((true, true), (double.IsNaN(frame.Find("n")!.Numbers[0]), frame.Find("n")!.IsNull(1)));
        Assert.False(frame.Find("n")!.IsNull(0));
        Assert.Equal(["x", null], frame.Find("s")!.Strings.ToArray());
        Assert.Equal([1, 2], frame.Find("b")!.Booleans.ToArray().Select(value => (int)value));
        Assert.Equal(double.PositiveInfinity, frame.Find("n{core=\"0\"}")!.Numbers[0]);
        Assert.Equal("percent", frame.Schema.Schema.Fields[1].Unit);
        Assert.Null(frame.Find("m"));
    }

    [Fact]
    public async Task Queries_InThePlaceOfOnesLetGoAtTheSameMoment_AreServed()
    {
        await using var server = await ServerFixture.StartAsync(("Queries:MaxPerConnection", "20"));
        await server.PublishAsync("cpu", first: 1);
        await using var client = Clients.Of(server);
        var running = Begin();
        for (var round = 0; round < 10; round++)
        {
            // Every other round lets go of queries that have hardly begun.
            foreach (var query in round % 2 == 0 ? running : [])
                await query.HoldsAsync("cpu", [1], "all run");
            var ending = running.ConvertAll(query => query.DisposeAsync().AsTask());
            running = Begin();
            await Task.WhenAll(ending);
        }

        foreach (var query in running)
        {
            await query.HoldsAsync("cpu", [1], "all run in the end");
            await query.DisposeAsync();
        }

        await Wait.Eventually(() => server.Node.Status().Queries == 0, "nothing is left");

        List<Watcher> Begin() => [.. Enumerable.Range(0, 15).Select(_ => Watcher.Start(client, Clients.Query("cpu")))];
    }

    [Fact]
    public async Task Query_OfAClosedRange_EndsWithTheRows()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("c", first: 0, count: 10);
        await using var client = Clients.Of(server);
        await using var query = Watcher.Start(client, Clients.Query("c") with { Range = new TimeRange(2, 4) });

        Assert.Null(await query.EndAsync());
        Assert.Equal(QueryState.Done, Assert.Single(query.Updates).State);
        Assert.Equal([2, 3, 4], query.Held("c").Values);
    }

    [Fact]
    public async Task Query_OfALongPast_GivesItAsOneUpdate()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "100000"));
        for (var first = 0; first < 50_000; first += 5_000)
            await server.PublishAsync("c", first, count: 5_000);
        await using var client = Clients.Of(server);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));

        Assert.Equal(Clients.Numbers(0, 50_000), query.Held("c").Values);
        Assert.Single(query.Updates);
    }

    [Fact]
    public async Task Query_WhenAFieldIsMissing_SaysSoUntilItIsThere()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("c", first: 0);
        await using var client = Clients.Of(server);
        await using var query = await Watcher.LiveAsync(client, new QueryRequest { Targets = [new Target { Channel = "c", Fields = ["later"] }], IntervalMs = 0 });
        Assert.Equal(ErrorCode.NotFound, Assert.Single(query.Latest?.Errors ?? []).Code);

        await server.PublishAsync("c", [new RowField("time"), new RowField("later")], new Column([1.0]), new Column([1.0]));
        await query.EventuallyAsync(() => query.Latest?.Errors.Count == 0, "the error goes");
    }

    [Fact]
    public async Task Query_WhenAChannelIsDeleted_SaysSo()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("c", first: 0);
        await using var client = Clients.Of(server);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));

        (await server.Http.DeleteAsync(new Uri("/api/channels/c", UriKind.Relative))).EnsureSuccessStatusCode();
        await query.EventuallyAsync(() => query.Held("c").Changes is [.., FrameChange.Removed], "the end of the channel comes");
    }

    [Fact]
    public async Task Query_WhenItsLoopIsLeft_EndsOnTheServer()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        await foreach (var update in client.QueryAsync(Clients.Query("c")))
        {
            Assert.Equal(1, server.Node.Status().Queries);
            break;
        }

        await server.EventuallyIdleAsync("the query is over");
        Assert.Equal(1, server.Node.Status().Connections);
    }

    [Fact]
    public async Task Query_WhenItIsCancelled_EndsOnTheServer()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));

        Assert.IsAssignableFrom<OperationCanceledException>(await query.CancelAsync());
        await server.EventuallyIdleAsync("the query is over");
    }

    [Fact]
    public async Task Query_OpenedAndClosedOftenWhileRowsCome_LeavesNothing()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        for (var round = 0; round < 200; round++)
        {
            await server.PublishAsync("c", first: round);
            await foreach (var update in client.QueryAsync(Clients.Query("c")))
                break;
        }

        await server.EventuallyIdleAsync("the queries are over");
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task Query_WhenItsResumeIsMalformed_IsRefused()
    {
        await using var client = Clients.Of(new Uri("http://127.0.0.1:9"));
        var request = Clients.Query("c") with { Resume = [new Resume("{", "e", 0)] };
        await using var query = Watcher.Start(client, request);

        Assert.Equal(ErrorCode.BadRequest, Assert.IsType<HubServerException>(await query.EndAsync()).Code);
    }

    [Fact]
    public async Task ListChannels_OfMany_ComesInPages()
    {
        await using var server = await ServerFixture.StartAsync();
        foreach (var channel in new[] { "c", "a", "b" })
            await server.PublishAsync(channel, first: 7);
        await using var client = Clients.Of(server);

        var page = await client.ListChannelsAsync(new ListRequest { Limit = 2 });
        Assert.Equal(["a", "b"], page.Channels.Select(channel => channel.Id.Text));
        Assert.True(page.More);
        Assert.Equal("c", Assert.Single((await client.ListChannelsAsync(new ListRequest { After = "b" })).Channels).Id.Text);
        Assert.Equal(3, (await client.ListChannelsAsync()).Channels.Count);
        Assert.Equal(ErrorCode.BadRequest, (await Assert.ThrowsAsync<HubServerException>(() => client.ListChannelsAsync(new ListRequest { Selector = "{" }))).Code);
    }

    [Fact]
    public async Task ListChannels_WhenTheConnectionIsLost_IsAskedAgain()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        Assert.Empty((await client.ListChannelsAsync()).Channels);

        proxy.BlackHole = Direction.ToClient;
        var list = client.ListChannelsAsync();
        await Wait.Eventually(() => proxy.BytesSwallowed > 0, "the answer is lost");
        proxy.BlackHole = Direction.None;
        Assert.Empty((await list).Channels);
        Assert.Equal(2, proxy.AcceptedConnections);
    }
}
