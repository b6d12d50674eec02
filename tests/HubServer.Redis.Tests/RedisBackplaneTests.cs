using HubServer.Core;
using HubServer.Core.Tests.Backplane;
using HubServer.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Redis.Tests;

/// <summary>The contract of a backplane over Redis, which has two protocols: messages come on another connection with the older one.</summary>
public abstract class RedisBackplaneTests(string protocol) : BackplaneContractTests
{
    private RedisServer _server = null!;

    public override async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        Options.Backplane.Redis.ConnectionString = $"127.0.0.1:{_server.Port},protocol={protocol}";
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override IBackplane CreateBackplane() =>
        new RedisBackplane(Options, new HubServerMetrics(), TimeProvider.System, NullLogger<RedisBackplane>.Instance);

    public sealed class Resp2() : RedisBackplaneTests("resp2");

    public sealed class Resp3() : RedisBackplaneTests("resp3");
}
