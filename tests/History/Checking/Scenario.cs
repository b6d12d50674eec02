namespace HubServer.History;

/// <summary>What a history is checked against.</summary>
/// <param name="Losses">What may be lost.</param>
/// <param name="CalmAt">The moment at which everything had to be there, in milliseconds since the run began; null for the history's end.</param>
public sealed record Scenario(AllowedLosses Losses = AllowedLosses.None, double? CalmAt = null);
