using System.Globalization;

namespace HubServer.LoadTest.Fanout;

/// <summary>What is published, who looks at it, and what is measured.</summary>
/// <param name="Name">Its name in the results.</param>
/// <param name="Channels">How many channels there are.</param>
/// <param name="IntervalMs">The least time between two live items, which only HubServer knows.</param>
/// <param name="Phases">What is measured one after the other.</param>
internal sealed record FanoutLoad(string Name, int Channels, int IntervalMs, Phase[] Phases)
{
    /// <summary>The beginnings of the names of the systems that it says something about; empty for all.</summary>
    public string[] Systems { get; init; } = [];

    /// <summary>How it is run.</summary>
    public TurnKind Kind { get; init; } = TurnKind.Live;

    /// <summary>The rows of each channel's past.</summary>
    public int PastRows { get; init; }

    /// <summary>The first and the last phase of a line whose slope is what one more viewer costs.</summary>
    public (string From, string To)? Slope { get; init; }

    /// <summary>The ids of all channels.</summary>
    public string[] ChannelIds { get; } = [.. Enumerable.Range(0, Channels).Select(ChannelId)];

    /// <summary>The id of a channel, in letters and digits that every system takes as they are.</summary>
    public static string ChannelId(int channel) => string.Create(CultureInfo.InvariantCulture, $"c{channel}");

    /// <summary>Whether it says something about a system.</summary>
    public bool Concerns(string system) => Systems.Length == 0 || Systems.Any(name => system.StartsWith(name, StringComparison.Ordinal));
}
