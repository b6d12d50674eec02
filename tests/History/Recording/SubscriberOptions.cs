using HubServer.Protocol;

namespace HubServer.History;

/// <summary>How a <see cref="RecordingSubscriber"/> works.</summary>
public sealed record SubscriberOptions
{
    /// <summary>Names it in the history.</summary>
    public required string Id { get; init; }

    /// <summary>The nodes, each of which it tries in turn.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>The channels that it is to have in the end; each is a target of its own, unless there is a selector.</summary>
    public required IReadOnlyList<string> Channels { get; init; }

    /// <summary>One target for all of the channels.</summary>
    public string? Selector { get; init; }

    /// <summary>The hub protocol. Default JSON.</summary>
    public WireFormat Format { get; init; }

    /// <summary>The query's interval in milliseconds. Default 0.</summary>
    public int IntervalMs { get; init; }

    /// <summary>The newest rows wanted of a first past; null for all.</summary>
    public int? Rows { get; init; }

    /// <summary>The rows beyond which a past is thinned; null for never.</summary>
    public int? MaxDataPoints { get; init; }

    /// <summary>Decides jitter. Default 1; also the first node, by its place in <see cref="Urls"/>.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The most that it waits at random before it connects again at once. Default 30 ms.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>The most that it waits between attempts that find nobody. Default 500 ms.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long connecting may take. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may be silent; the node says something every 15 s. Default 30 s.</summary>
    public TimeSpan ServerTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
