using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HubServer.Client.Tests.Connections;

public sealed class ConnectionTests
{
    [Fact]
    public async Task Query_WhenTheServerIsDownAtStart_SaysSoAndGoesOnOnceItIsThere()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 1, count: 2);
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        proxy.IsDown = true;
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        await using var query = Watcher.Start(client, Clients.Query("cpu"));

        await query.EventuallyAsync(() => query.Latest?.State == QueryState.Connecting, "the query says that it waits");
        Assert.Equal(HubServerException.Connection, query.Latest?.Problem?.Code);
        Assert.Equal((HubServerClientState.Connecting, HubServerException.Connection), (client.State, client.LastError?.Code));
        Assert.Contains("refused", client.LastError?.Message);

        proxy.IsDown = false;
        await query.HoldsAsync("cpu", [1, 2], "the past comes once the server is there");
        Assert.Equal((HubServerClientState.Live, null), (client.State, client.LastError));
        Assert.Null(query.Latest?.Problem);
    }

    [Fact]
    public async Task Query_WhenNothingIsAtTheAddress_NamesTheCause()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(new Uri(server.Url, "/elsewhere"));

        var wrong = await Assert.ThrowsAsync<HubServerException>(() => FirstAsync(client));
        Assert.Equal((ErrorCode.NotFound, false), (wrong.Code, wrong.IsTransient));
        Assert.Contains("/elsewhere/hub answered 404", wrong.Message);
        Assert.Equal(HubServerClientState.Connecting, client.State);
        Assert.Equal(wrong.Message, client.LastError?.Message);
    }

    [Fact]
    public async Task Query_WhenTheAddressIsOfNoHub_NamesTheCause()
    {
        await using var server = await ScriptedServer.StartAsync(app => app.Use(async (context, next) =>
        {
            if (context.Request.Path.StartsWithSegments("/page", StringComparison.Ordinal))
                await context.Response.WriteAsync("a page");
            else
                await next(context);
        }));
        await using var client = Clients.Of(new Uri(server.Url, "/page"));

        var wrong = await Assert.ThrowsAsync<HubServerException>(() => FirstAsync(client));
        Assert.Equal(ErrorCode.NotFound, wrong.Code);
        Assert.Contains("answered 200", wrong.Message);
    }

    [Theory]
    [InlineData(401, ErrorCode.Unauthorized)]
    [InlineData(403, ErrorCode.Forbidden)]
    public async Task Calls_WhenTheTokenIsRefused_NameTheCause(int status, string code)
    {
        await using var server = await ScriptedServer.StartAsync(Answering(status));
        await using var client = Clients.Of(server.Url, options => options.AccessTokenProvider = _ => new("wrong"));

        Assert.Equal(code, (await Assert.ThrowsAsync<HubServerException>(() => FirstAsync(client))).Code);
        Assert.Equal(code, (await Assert.ThrowsAsync<HubServerException>(() => client.ListChannelsAsync())).Code);
        Assert.Equal(code, (await Assert.ThrowsAsync<HubServerException>(() => client.PublishAsync("c", Clients.Rows(1)))).Code);
    }

    [Fact]
    public async Task Query_WhenATokenIsGiven_SendsANewOneWithEachConnection()
    {
        var tokens = new List<string>();
        await using var server = await ScriptedServer.StartAsync(app => app.Use((context, next) =>
        {
            lock (tokens)
                tokens.Add($"{context.Request.Headers.Authorization}");
            return next(context);
        }));
        server.OnQuery = [Script.Refuses("shutting_down: this node is stopping"), Script.Sends(Script.Streaming(Script.Snapshot(0, 1)))];
        var given = 0;
        await using var client = Clients.Of(server.Url, options => options.AccessTokenProvider = _ => new($"t{++given}"));
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));

        Assert.Equal(["Bearer t1", "Bearer t2"], tokens);
    }

    [Fact]
    public async Task Query_WhenNoTokenCanBeHad_SaysSoAndGoesOn()
    {
        await using var server = await ServerFixture.StartAsync();
        var asked = 0;
        await using var client = Clients.Of(server.Url, options => options.AccessTokenProvider =
            _ => ++asked < 3 ? throw new InvalidOperationException("the key is away") : new("right"));
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));

        Assert.Contains(query.Updates, update => update.Problem?.Message.Contains("the key is away", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Query_WhenTheServerSpeaksAnotherVersion_NamesTheCause()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.OnQuery = [Script.Refuses("bad_request: version is 1; this server speaks version 2")];
        await using var client = Clients.Of(server.Url);

        var other = await Assert.ThrowsAsync<HubServerException>(() => FirstAsync(client));
        Assert.Equal((ErrorCode.BadRequest, "version is 1; this server speaks version 2"), (other.Code, other.Message));
        Assert.Single(server.Queries);
    }

    [Fact]
    public async Task ListChannels_WhenTheHubIsAnotherOne_NamesTheCause()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = Clients.Of(server.Url);

        var other = await Assert.ThrowsAsync<HubServerException>(() => client.ListChannelsAsync());
        Assert.Equal((ErrorCode.Internal, false), (other.Code, other.IsTransient));
        Assert.Contains("no method 'ListChannels'", other.Message);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenALimitIsPassed_NamesIt(WireFormat protocol)
    {
        await using var server = await ServerFixture.StartAsync(("Queries:MaxTargets", "1"));
        await using var client = Clients.Of(server, protocol);
        var request = new QueryRequest { Targets = [new Target { RefId = "A", Channel = "a" }, new Target { RefId = "B", Channel = "b" }] };

        var passed = await Assert.ThrowsAsync<HubServerException>(() => FirstAsync(client, request));
        Assert.Equal(ErrorCode.LimitExceeded, passed.Code);
        Assert.Contains("Queries:MaxTargets", passed.Message);
    }

    [Fact]
    public async Task Query_WhenItIsTooLongForAMessage_IsRefusedBeforeItEndsTheConnection()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server.Url, options => options.MaxMessageBytes = 2_000);
        await using var other = await Watcher.LiveAsync(client, Clients.Query("c"));

        var passed = await Assert.ThrowsAsync<HubServerException>(() => FirstAsync(client, Clients.Query(new string('x', 3_000))));
        Assert.Equal(ErrorCode.LimitExceeded, passed.Code);
        Assert.Contains("2000", passed.Message);
        Assert.Equal(HubServerClientState.Live, client.State);
    }

    [Fact]
    public async Task Queries_OfOneClient_ShareAConnection()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        var queries = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Watcher.LiveAsync(client, Clients.Query("c"))));

        Assert.Equal((20, 1), (server.Node.Status().Queries, server.Node.Status().Connections));
        foreach (var query in queries)
            await query.DisposeAsync();
        await server.EventuallyIdleAsync("ended queries leave nothing");
    }

    [Fact]
    public async Task Query_WhenTheServerIsSilent_TakesTheConnectionForLost()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 1);
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"), options => options.ServerTimeout = TimeSpan.FromSeconds(1));
        await using var query = await Watcher.LiveAsync(client, Clients.Query("cpu"));

        proxy.BlackHole = Direction.ToClient;
        await query.EventuallyAsync(() => query.Latest?.State == QueryState.Reconnecting, "the silence is noticed");
        proxy.BlackHole = Direction.None;
        await server.PublishAsync("cpu", first: 2);
        await query.HoldsAsync("cpu", [1, 2], "the query goes on");
    }

    [Fact]
    public async Task Dispose_WhileQueriesRun_EndsThem()
    {
        await using var server = await ServerFixture.StartAsync();
        var client = Clients.Of(server);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        await client.DisposeAsync();

        Assert.IsType<ObjectDisposedException>(await query.EndAsync());
        Assert.DoesNotContain(query.Updates, update => update.State == QueryState.Reconnecting);
        Assert.Equal(HubServerClientState.Closed, client.State);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ListChannelsAsync());
        await client.DisposeAsync();
        await Wait.Eventually(() => server.Node.Status() is { Connections: 0, Queries: 0 }, "the server lets go");
    }

    [Fact]
    public async Task Dispose_WhileItConnects_Ends()
    {
        await using var proxy = FaultProxy.Start("127.0.0.1", 1);
        proxy.BlackHole = Direction.ToClient | Direction.ToServer;
        var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        await using var query = Watcher.Start(client, Clients.Query("c"));
        await Wait.Eventually(() => proxy.AcceptedConnections > 0, "the client connects");
        await client.DisposeAsync();

        Assert.IsType<ObjectDisposedException>(await query.EndAsync());
    }

    [Fact]
    public async Task StateChanged_OverALoss_TellsTheWay()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        var told = new List<HubServerClientState>();
        client.StateChanged += (_, change) =>
        {
            lock (told)
                told.Add(change.State);
        };
        Assert.Equal(HubServerClientState.Connecting, client.State);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        proxy.DropConnections();
        await query.EventuallyAsync(() => query.Updates.Count > 2 && query.IsLive, "the query is back");
        await client.DisposeAsync();

        lock (told)
            Assert.Equal([HubServerClientState.Live, HubServerClientState.Reconnecting, HubServerClientState.Live, HubServerClientState.Closed], told);
    }

    private static Action<WebApplication> Answering(int status) => app => app.Use((HttpContext context, RequestDelegate _) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    });

    private static async Task<QueryUpdate> FirstAsync(HubServerClient client, QueryRequest? request = null)
    {
        await foreach (var update in client.QueryAsync(request ?? Clients.Query("c")))
            return update;
        throw new InvalidOperationException("the query ended without an update");
    }
}
