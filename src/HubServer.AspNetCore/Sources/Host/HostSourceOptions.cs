namespace HubServer.AspNetCore.Sources;

/// <summary>
/// The source of this machine's numbers, from <c>HubServer:Sources:Host</c>. Its channels have the machine's name as the
/// label <c>host</c>; where <c>HubServer:Node</c> is another one, they have that as the label <c>node</c>.
/// </summary>
public sealed class HostSourceOptions
{
    internal static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan MaxInterval = TimeSpan.FromHours(1);
    internal const int MaxMaxDevices = 1_000;

    /// <summary>Whether the source runs. An application that embeds HubServer shows the machine's numbers only if it says so.</summary>
    /// <value>The default value is false; the program's own settings make it true.</value>
    public bool Enabled { get; set; }

    /// <summary>The time between two readings.</summary>
    /// <value>This value must be from 100 milliseconds to 1 hour. The default value is 1 second.</value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The most disks, and the most network devices, that get a channel: the first ones in the kernel's order. A
    /// container host makes a network device for every container that it starts.
    /// </summary>
    /// <value>This value must be from 1 to 1,000. The default value is 64.</value>
    public int MaxDevices { get; set; } = 64;
}
