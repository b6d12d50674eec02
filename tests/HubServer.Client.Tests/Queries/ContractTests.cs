using System.Text.Json;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Queries;

/// <summary>What the client does with what no server of ours does.</summary>
public sealed class ContractTests
{
    [Fact]
    public async Task Query_WhenADeltaDoesNotStartAtNext_AsksForThatChannelAnewAndAnnouncesAGap()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.OnQuery =
        [
            Script.Sends(Script.Streaming(Script.Snapshot(0, 2), Script.Snapshot(0, 1, "d")), Script.Streaming(Script.Delta(1, 1, "d"), Script.Delta(5, 1))),
            Script.Sends(Script.Loading(Script.Snapshot(4, 3)), Script.Streaming(Script.Delta(1, 2, "d", schema: Script.Description("d")))),
        ];
        await using var client = Clients.Of(server.Url);
        await using var query = Watcher.Start(client, Clients.Query("*"));

        await query.HoldsAsync("c", [4, 5, 6], "the channel comes anew");
        Assert.Equal(new Gap("e", 2, null, GapReason.Reset), Assert.Single(query.Held("c").Gaps));
        Assert.Equal([0, 1, 2], query.Held("d").Values);
        Assert.Empty(query.Held("d").Gaps);
        Assert.Equal([new Resume("d", "e", 0, "A")], server.Queries.Last().Resume);
        Assert.Contains(query.Updates, update => update.Problem?.Message.Contains("broke its contract", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData(WireFormat.Json)]
    [InlineData(WireFormat.MessagePack)]
    public async Task Query_WhenAnItemCannotBeRead_AsksAgainOnTheSameConnection(WireFormat protocol)
    {
        await using var server = await ScriptedServer.StartAsync();
        object unreadable = protocol == WireFormat.Json
            ? JsonSerializer.SerializeToElement(new { frames = Array.Empty<object>(), state = "Weird" })
            : new Dictionary<string, object> { ["frames"] = Array.Empty<object>(), ["state"] = "Weird" };
        server.OnQuery = [Script.Sends(Script.Streaming(Script.Snapshot(0, 2)), unreadable), Script.Sends(Script.Streaming(Script.Delta(2, 1, schema: Script.Description())))];
        await using var client = Clients.Of(server.Url, options => options.Protocol = protocol);
        var losses = 0;
        client.StateChanged += (_, change) => losses += change.State == HubServerClientState.Reconnecting ? 1 : 0;
        await using var query = Watcher.Start(client, Clients.Query("c"));

        await query.HoldsAsync("c", [0, 1, 2], "the query goes on");
        Assert.Equal([new Resume("c", "e", 1, "A")], server.Queries.Last().Resume);
        Assert.Contains(query.Updates, update => update.Problem?.Message.Contains("'Weird' is no state", StringComparison.Ordinal) == true);
        Assert.Equal(0, losses);
    }

    [Fact]
    public async Task Query_WhenAStreamEndsByItself_AsksAgain()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.OnQuery = [Script.Ends(Script.Streaming(Script.Snapshot(0, 1))), Script.Sends(Script.Streaming(Script.Delta(1, 1, schema: Script.Description())))];
        await using var client = Clients.Of(server.Url);
        await using var query = Watcher.Start(client, Clients.Query("c"));

        await query.HoldsAsync("c", [0, 1], "the query goes on");
    }

    [Fact]
    public async Task Query_WhenAPastIsCutOff_ShowsNothingOfIt()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.OnQuery =
        [
            Script.Ends(Script.Loading(Script.Snapshot(0, 2)), Script.Loading(Script.Snapshot(0, 1, "d", more: true))),
            Script.Sends(Script.Loading(Script.Snapshot(3, 1)), Script.Streaming()),
        ];
        await using var client = Clients.Of(server.Url);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("*"));

        Assert.Equal([FrameChange.Replaced], query.Held("c").Changes);
        Assert.Equal([3], query.Held("c").Values);
        Assert.Empty(query.Held("d").Values);
        Assert.Empty(server.Queries.Last().Resume);
    }

    [Fact]
    public async Task Query_WhenTheServerIsOverloaded_TriesAgain()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.OnQuery = [Script.Refuses("overloaded: not now"), Script.Refuses("backplane_unavailable: not now"), Script.Refuses("internal: oh"), Script.Sends(Script.Streaming())];
        await using var client = Clients.Of(server.Url);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));

        Assert.Equal(
            [ErrorCode.Overloaded, ErrorCode.BackplaneUnavailable, ErrorCode.Internal, null],
            query.Updates.Select(update => update.Problem?.Code));
    }

    [Fact]
    public async Task Query_WhenTheNodeIsBehind_MakesTheClientStale()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.OnQuery = [Script.Sends(new Item { Head = new ItemHead(ItemState.Streaming, Stale: true) })];
        await using var client = Clients.Of(server.Url);
        await using (var query = await Watcher.LiveAsync(client, Clients.Query("c")))
            Assert.Equal((true, HubServerClientState.Stale), (query.Latest?.IsStale, client.State));

        await Wait.Eventually(() => client.State == HubServerClientState.Live, "the client is live once no query is behind");
    }
}
