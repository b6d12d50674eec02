using System.Net;
using System.Net.Sockets;
using HubServer.Fixtures;

namespace HubServer.Redis.Tests.Fixtures;

/// <summary>What the tests do to a redis-server is what its operators and its machine do to one.</summary>
public sealed class RedisServerTests : IAsyncLifetime
{
    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync("enable-debug-command", "local", "crash-log-enabled", "no");

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Execute_WhenTheServerWasKilledAndStartedAgain_WorksOnTheSamePort()
    {
        var port = _server.Port;
        await _server.ExecuteAsync("SET", "a", "1");

        await _server.KillAsync();
        await _server.StartAgainAsync();

        Assert.Equal(port, _server.Port);
        Assert.True((await _server.ExecuteAsync("GET", "a")).IsNull);
    }

    [Fact]
    public async Task Execute_WhenTheServerCrashedByItself_WorksAfterItsStart()
    {
        await _server.ExecuteAsync("SET", "a", "1");

        await Assert.ThrowsAnyAsync<Exception>(() => _server.ExecuteAsync("DEBUG", "SEGFAULT"));
        await _server.StartAgainAsync();

        Assert.True((await _server.ExecuteAsync("GET", "a")).IsNull);
    }

    [Fact]
    public async Task Shutdown_WithSave_KeepsTheDataUntilItIsWiped()
    {
        await _server.ExecuteAsync("SET", "a", "1");
        await _server.ShutdownAsync(save: true);
        await _server.StartAgainAsync();
        var kept = (string?)await _server.ExecuteAsync("GET", "a");
        await _server.ShutdownAsync();
        _server.Wipe();
        await _server.StartAgainAsync();

        Assert.Equal("1", kept);
        Assert.True((await _server.ExecuteAsync("GET", "a")).IsNull);
    }

    [Fact]
    public async Task StartAgain_WhenSomebodyElseListensOnItsPort_SaysSo()
    {
        await _server.KillAsync();
        using var other = new TcpListener(IPAddress.Loopback, _server.Port);
        other.Start();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => _server.StartAgainAsync());

        Assert.Contains("Address already in use", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replica_FollowsItsPrimaryAndGoesOnAloneWhenPromoted()
    {
        await _server.ExecuteAsync("SET", "a", "1");
        await using var replica = await RedisServer.StartReplicaOfAsync("127.0.0.1", _server.Port);
        await Wait.Eventually(() => replica.IsReplicaInSyncAsync(_server), "a replica from the start is in sync");
        var followed = (string?)await replica.ExecuteAsync("GET", "a");

        await replica.PromoteAsync();
        await replica.ExecuteAsync("SET", "a", "2");
        var isReplica = await replica.IsReplicaInSyncAsync(_server);
        await _server.ReplicaOfAsync("127.0.0.1", replica.Port);
        await Wait.Eventually(() => _server.IsReplicaInSyncAsync(replica), "the old primary follows the new one");

        Assert.Equal("1", followed);
        Assert.False(isReplica);
        Assert.Equal("2", (string?)await _server.ExecuteAsync("GET", "a"));
    }

    [Fact]
    public async Task Stop_UntilContinue_LetsCommandsWait()
    {
        await _server.ExecuteAsync("SET", "a", "1");
        await _server.StopAsync();
        var waiting = _server.ExecuteAsync("GET", "a");
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server.Port);
        var isDone = waiting.IsCompleted;
        await _server.ContinueAsync();

        Assert.False(isDone);
        Assert.Equal("1", (string?)await waiting);
    }
}
