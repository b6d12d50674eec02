using HubServer.Core;
using HubServer.Core.Tests.Backplane;
using HubServer.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Redis.Tests;

public sealed class RedisBackplaneTests : BackplaneContractTests
{
    private RedisServer _server = null!;

    public override async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        Options.Backplane.Redis.ConnectionString = $"127.0.0.1:{_server.Port}";
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
    }

    protected override IBackplane CreateBackplane() =>
        new RedisBackplane(Options, new HubServerMetrics(), TimeProvider.System, NullLogger<RedisBackplane>.Instance);
}
