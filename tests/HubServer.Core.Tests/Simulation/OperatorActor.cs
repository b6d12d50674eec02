using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>Gives channels units and capacities of their own while rows come in, and deletes some.</summary>
internal sealed class OperatorActor(World world, int number)
{
    private readonly Random _random = world.NewRandom(number);

    public async Task RunAsync()
    {
        for (var i = _random.Next(1, 6); i > 0; i--)
        {
            await world.Pause(_random.Next(4) == 0 ? _random.Next(1_000) : _random.Next(60));
            var channel = ChannelId.Parse(world.Channels[_random.Next(world.Channels.Length)]);
            if (_random.Next(4) == 0)
                await DeleteAsync(channel);
            else
                await ConfigureAsync(channel);
        }

        world.Leave();
    }

    private async Task ConfigureAsync(ChannelId channel)
    {
        var settings = new ChannelSettings
        {
            Fields = _random.Next(3) == 0 ? [] : [new RowField("v", Unit: _random.Next(3) == 0 ? null : $"unit {_random.Next(3)}")],
            Capacity = _random.Next(3) == 0 ? null : _random.Next(1, 100),
            RetentionMs = _random.Next(4) == 0 ? 1_000 : null,
        };
        try
        {
            await world.Node.ConfigureAsync(channel, settings);
            world.History.Add($"operator {number}: {channel} {settings.Fields.Count} {settings.Capacity}");
        }
        catch (ProtocolException failed) when (failed.Code is ErrorCode.BackplaneUnavailable or ErrorCode.NotFound)
        {
            // The answer was lost, or the channel was removed before it could be described.
        }
    }

    private async Task DeleteAsync(ChannelId channel)
    {
        try
        {
            await world.Node.RemoveAsync(channel);
            world.Branches.Count(Branch.Deleted);
            world.History.Add($"operator {number}: {channel} deleted");
        }
        catch (ProtocolException missing) when (missing.Code is ErrorCode.NotFound or ErrorCode.BackplaneUnavailable)
        {
            // It had not come into being, or was gone; a node that may be behind does not say that it is not there.
        }
    }
}
