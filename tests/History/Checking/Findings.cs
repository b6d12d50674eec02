using System.Globalization;
using HubServer.Protocol;

namespace HubServer.History;

/// <summary>Collects violations, of which it keeps a bounded number for each rule, each with a bounded number of lines.</summary>
internal sealed class Findings(Scenario scenario)
{
    private const int MaxOfARule = 10;
    private const int MaxLines = 6;
    private const int MaxLineLength = 500;

    private readonly List<Violation> _violations = [];
    private readonly Dictionary<Rule, int> _counts = [];

    public Scenario Scenario => scenario;

    public IReadOnlyList<Violation> Violations => _violations;

    public IReadOnlyDictionary<Rule, int> Counts => _counts;

    public bool Allows(AllowedLosses losses) => (scenario.Losses & losses) != 0;

    public bool Allows(GapReason reason) => Allows(reason switch
    {
        GapReason.Lapped => AllowedLosses.Lapped,
        GapReason.Rollback => AllowedLosses.Rollback,
        _ => AllowedLosses.Reset,
    });

    public void Add(Rule rule, string text, params ReadOnlySpan<HistoryLine?> lines)
    {
        var count = _counts[rule] = _counts.GetValueOrDefault(rule) + 1;
        if (count > MaxOfARule)
            return;
        var shown = new List<string>();
        foreach (var line in lines)
        {
            if (line is null || shown.Count == MaxLines)
                continue;
            var whole = string.Create(CultureInfo.InvariantCulture, $"{line.Number}: {line.Event}");
            shown.Add(whole.Length <= MaxLineLength ? whole : $"{whole[..MaxLineLength]}…");
        }

        _violations.Add(new Violation(rule, text, shown));
    }

    /// <summary>Adds a violation unless something holds.</summary>
    public void Require(bool holds, Rule rule, string text, params ReadOnlySpan<HistoryLine?> lines)
    {
        if (!holds)
            Add(rule, text, lines);
    }
}
