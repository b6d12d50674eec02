using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Sources;

/// <summary>Publishes random walks, each at its own interval: the example of Grafana's streaming guide, as a server.</summary>
internal sealed class SimulateSource(SourceLoop loop, IOptions<SourcesOptions> options, TimeProvider timeProvider) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var simulate = options.Value.Simulate;
        if (!simulate.Enabled)
            return Task.CompletedTask;

        return Task.WhenAll(simulate.WalksOrDefault.Select(walk =>
        {
            var channel = walk.ToChannelId();
            var randomWalk = new RandomWalk(channel, timeProvider, new Random());
            return loop.RunAsync(channel.Text, walk.Interval, randomWalk.ReadRound, stoppingToken);
        }));
    }
}
