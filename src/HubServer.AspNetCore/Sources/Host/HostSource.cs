using HubServer.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Sources;

/// <summary>Publishes this machine's numbers.</summary>
internal sealed class HostSource(SourceLoop loop, IOptions<SourcesOptions> options, HubServerOptions server, TimeProvider timeProvider) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var host = options.Value.Host;
        if (!host.Enabled)
            return Task.CompletedTask;

        var reader = new HostReader(timeProvider, server.Node, host.MaxDevices);
        return loop.RunAsync("host", host.Interval, reader.ReadRound, stoppingToken);
    }
}
