using HubServer.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Sources;

/// <summary>Publishes the numbers of this machine and of the hub on it.</summary>
internal sealed class HostSource(SourceLoop loop, IOptions<SourcesOptions> options, Node node, HubServerOptions server, TimeProvider timeProvider)
    : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var host = options.Value.Host;
        if (!host.Enabled)
            return Task.CompletedTask;

        var reader = new HostReader(timeProvider, server.Node, host.MaxDevices, status: node.Status);
        return loop.RunAsync("host", host.Interval, reader.ReadRound, stoppingToken);
    }
}
