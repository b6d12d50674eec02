using HubServer.Protocol;

namespace HubServer.AspNetCore.Sources;

/// <summary>
/// A random walk: rows of a time and a number <c>value</c>, each within half a unit of the one before, the first
/// anywhere from 0 to 100.
/// </summary>
internal sealed class RandomWalk(ChannelId channel, TimeProvider timeProvider, Random random)
{
    private double _value = random.NextDouble() * 100;

    public IReadOnlyList<(ChannelId Channel, Rows Rows)> ReadRound()
    {
        _value += random.NextDouble() - 0.5;
        return [new Reading(channel, timeProvider.GetUtcNow()).With("value", _value).ToRows()];
    }
}
