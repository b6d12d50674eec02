namespace HubServer.Client.Tests.Soak;

/// <summary>What became of a slow consumer's rows.</summary>
internal sealed record SlowFigures(int Updates, long Seen, int Gaps, long Missing);
