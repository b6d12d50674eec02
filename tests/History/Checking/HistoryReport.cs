namespace HubServer.History;

/// <summary>What the checker found in a history.</summary>
/// <param name="Violations">The promises broken, at most a few of each rule.</param>
/// <param name="Counts">How many there are of each rule.</param>
/// <param name="Totals">What the history has of everything.</param>
public sealed record HistoryReport(IReadOnlyList<Violation> Violations, IReadOnlyDictionary<Rule, int> Counts, HistoryTotals Totals)
{
    /// <summary>Whether no promise is broken.</summary>
    public bool IsClean => Violations.Count == 0;

    /// <summary>The violations and totals as text.</summary>
    public override string ToString() => string.Join(
        '\n',
        [Totals.ToString(), IsClean ? "no violation" : string.Join(", ", Counts.Select(count => $"{count.Value} of {count.Key}")), .. Violations.Select(violation => violation.ToString())]);
}
