namespace HubServer.History;

/// <summary>A moment at which a subscriber was told something else about being behind, or began a call, which nothing is stale in.</summary>
/// <param name="At">Milliseconds since the run began.</param>
/// <param name="IsStale">What holds from then on.</param>
public readonly record struct StaleChange(double At, bool IsStale);
