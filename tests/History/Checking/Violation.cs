namespace HubServer.History;

/// <summary>A promise that a history breaks.</summary>
/// <param name="Rule">The promise.</param>
/// <param name="Text">What is wrong.</param>
/// <param name="Lines">The lines that show it, each with its number.</param>
public sealed record Violation(Rule Rule, string Text, IReadOnlyList<string> Lines)
{
    public override string ToString() => string.Join("\n    ", [$"{Rule}: {Text}", .. Lines]);
}
