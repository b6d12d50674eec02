namespace HubServer.History;

/// <summary>How a <see cref="RecordingPublisher"/> works.</summary>
public sealed record PublisherOptions
{
    /// <summary>Names it in the history, in its rows and as <c>publisherId</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The nodes.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>The channels, of which each block goes to one.</summary>
    public required IReadOnlyList<string> Channels { get; init; }

    /// <summary>Blocks a second, kept up whatever the answers take; 0 publishes only what it is told to. Default 20.</summary>
    public double BlocksPerSecond { get; init; } = 20;

    /// <summary>The least rows of a block. Default 1.</summary>
    public int MinRows { get; init; } = 1;

    /// <summary>The most rows of a block, at most 1,000. Default 5.</summary>
    public int MaxRows { get; init; } = 5;

    /// <summary>Fields of which each block has some, so that schemas grow during the run. Default 0.</summary>
    public int OptionalFields { get; init; }

    /// <summary>Decides channels, numbers of rows and values. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether each block goes to the next node; else it changes only after a failure. Default true.</summary>
    public bool IsRoundRobin { get; init; } = true;

    /// <summary>How long an answer may take before the outcome is taken for unknown. Default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>One block in so many is sent again after its acknowledgement, which has to be the same again; 0 for none.</summary>
    public int RepeatOneIn { get; init; }

    /// <summary>At one block in so many the publisher hangs up before the answer, so that it has to ask again; 0 for none.</summary>
    public int AbandonOneIn { get; init; }

    /// <summary>
    /// Whether it does not tell nodes who it is, so that they cannot know a retry: an attempt of unknown outcome is its
    /// last. Default false.
    /// </summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Blocks of a channel that may wait for the one under way; what comes on top is left out and counted. Default 10,000.</summary>
    public int MaxWaiting { get; init; } = 10_000;
}
