using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>One step of a query. A step is whole: a consumer applies all of its frames, in their order, before it shows any.</summary>
public sealed class QueryUpdate
{
    /// <summary>How far the query has come.</summary>
    public required QueryState State { get; init; }

    /// <summary>
    /// What changed, in the order in which it applies. A channel may occur several times. None where only the other
    /// properties changed.
    /// </summary>
    public IReadOnlyList<FrameUpdate> Frames { get; init; } = [];

    /// <summary>The targets and channels that cannot be served as asked: the full current list.</summary>
    public IReadOnlyList<ItemError> Errors { get; init; } = [];

    /// <summary>Whether the node that serves may be behind what was published.</summary>
    public bool IsStale { get; init; }

    /// <summary>The node that serves, or served last; null before the first.</summary>
    public ServerInfo? Server { get; init; }

    /// <summary>What stands in the way while <see cref="State"/> is Connecting or Reconnecting; null otherwise.</summary>
    public HubServerException? Problem { get; init; }
}
