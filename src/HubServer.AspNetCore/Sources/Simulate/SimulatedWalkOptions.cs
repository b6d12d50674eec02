using System.Globalization;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Sources;

/// <summary>One random walk, from <c>HubServer:Sources:Simulate:Walks</c>.</summary>
public sealed class SimulatedWalkOptions
{
    /// <summary>The time between two steps.</summary>
    /// <value>This value must be from 10 milliseconds to 1 hour. The default value is 500 milliseconds.</value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The id of the channel that gets the steps.</summary>
    /// <value>The default is made from the interval, for example <c>simulate{intervalMs="500"}</c>.</value>
    public string? Channel { get; set; }

    internal ChannelId ToChannelId()
    {
        if (!string.IsNullOrEmpty(Channel))
            return ChannelId.Parse(Channel);

        var milliseconds = Interval.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        return new ChannelId("simulate", Labels.From([KeyValuePair.Create("intervalMs", milliseconds)]));
    }
}
