namespace HubServer.Core;

/// <summary>What all feeds and subscriptions of a node share.</summary>
internal sealed record FeedContext(
    ChannelRegistry Registry,
    IBackplane Backplane,
    FrameBodies Bodies,
    PrivateItemQueue PrivateItems,
    QueryOptions Options,
    TimeProvider Time,
    WorkPool Work,
    HubServerMetrics Metrics);
