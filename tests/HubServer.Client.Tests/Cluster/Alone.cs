namespace HubServer.Client.Tests.Cluster;

/// <summary>Three nodes, their Redis and their clients are as much as a small machine can hold at once.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
