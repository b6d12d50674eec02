namespace HubServer.Core;

/// <summary>How a backplane is, for operators.</summary>
/// <param name="Kind"><c>memory</c> or <c>redis</c>.</param>
/// <param name="IsReady">Whether clients can be served: it answers, and the node knows every channel.</param>
/// <param name="Problem">Why it is not ready, and what would help; null where it is.</param>
/// <param name="Warnings">What works and should be set up otherwise, since rows may be lost.</param>
public sealed record BackplaneStatus(string Kind, bool IsReady, string? Problem, IReadOnlyList<string> Warnings)
{
    /// <summary>That of a single node.</summary>
    public static readonly BackplaneStatus InMemory = new("memory", true, null, []);
}
