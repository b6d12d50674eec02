using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>Puts channels into other epochs, with and without loss, and the node behind its backplane, at moments drawn from the seed.</summary>
internal sealed class DisasterActor(World world, int number)
{
    private readonly Random _random = world.NewRandom(number);

    public async Task RunAsync()
    {
        for (var i = _random.Next(1, 8); i > 0; i--)
        {
            await world.Pause(_random.Next(4) == 0 ? _random.Next(1_000) : _random.Next(60));
            if (_random.Next(3) == 0)
                world.Backplane.ReportStale(_random.Next(2) == 0);
            else
                world.Backplane.Lose(ChannelId.Parse(world.Channels[_random.Next(world.Channels.Length)]), _random);
        }

        world.Leave();
    }
}
