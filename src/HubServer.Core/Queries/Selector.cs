using System.Text;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Which channels a target means: a name, which may be a glob, and terms that labels must satisfy.</summary>
public sealed class Selector
{
    // The one id that matches, where the selector names a channel and not a pattern.
    private readonly ChannelId? _exact;
    private readonly string _name;
    private readonly bool _isGlob;
    private readonly LabelMatcher[] _matchers;

    private Selector(string text, ChannelId? exact, string name, LabelMatcher[] matchers)
    {
        Text = text;
        _exact = exact;
        _name = name;
        _isGlob = name.Contains(Glob.Star, StringComparison.Ordinal);
        _matchers = matchers;
    }

    /// <summary>
    /// The canonical text: terms sorted and without repetitions, so that it is the same for selectors that are. For
    /// <see cref="Exactly"/> it is the id, always with braces, and <c> only</c>, which no selector's text can be: the
    /// selector of the same text leaves labels that it does not name free.
    /// </summary>
    public string Text { get; }

    /// <summary>Parses a selector of the operator's, who may ask for anything.</summary>
    /// <exception cref="ProtocolException">The text is not a selector; the message names the place.</exception>
    public static Selector Parse(string text) => Parse(text, limits: null, regexes: null);

    /// <summary>Parses a selector such as <c>plant/*/temp{host="a",core=~"[0-3]"}</c>.</summary>
    /// <param name="text">The selector.</param>
    /// <param name="limits">What a client may ask for; null for a selector of the operator's.</param>
    /// <param name="regexes">Holds its regular expressions; null for a selector of the operator's.</param>
    /// <exception cref="ProtocolException">The text is not a selector, or passes a limit; the message names the place.</exception>
    internal static Selector Parse(string text, QueryOptions? limits, RegexLease? regexes)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0)
            throw ProtocolException.BadRequest("the selector is empty; write a name or terms, for example cpu{host=\"a\"}, or ** for every channel");

        var parsed = SelectorText.Parse(text);
        if (parsed.Terms.Count > limits?.MaxSelectorTerms)
            throw ProtocolException.LimitExceeded("Queries:MaxSelectorTerms", $"the selector has {parsed.Terms.Count} terms; the limit is {limits.MaxSelectorTerms}");

        var terms = parsed.Terms.OrderBy(term => term, Comparer<LabelTerm>.Create(Compare)).ToList();
        for (var i = terms.Count - 1; i > 0; i--)
        {
            if (Compare(terms[i - 1], terms[i]) == 0)
                terms.RemoveAt(i);
        }

        var name = Glob.Canonical(parsed.Name);
        var matchers = terms.ConvertAll(term => new LabelMatcher(term, text, limits?.MaxRegexLength ?? int.MaxValue, regexes));
        return new Selector(Write(name, terms), exact: null, name, [.. matchers]);
    }

    /// <summary>The selector of one channel: no label is free.</summary>
    public static Selector Exactly(ChannelId id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var braces = id.Labels.Count == 0 ? "{}" : "";
        return new Selector($"{id.Text}{braces} only", id, id.Name, []);
    }

    /// <summary>Whether the channel is one that the selector means.</summary>
    public bool Matches(ChannelId id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (_exact is not null)
            return _exact.Equals(id);
        if (!MatchesName(id.Name))
            return false;

        foreach (var matcher in _matchers)
        {
            if (!matcher.Matches(id))
                return false;
        }

        return true;
    }

    /// <summary>The canonical text.</summary>
    public override string ToString() => Text;

    private bool MatchesName(string name)
    {
        if (_isGlob)
            return Glob.IsMatch(_name, name);
        return _name.Length == 0 || _name == name;
    }

    private static int Compare(LabelTerm a, LabelTerm b)
    {
        var order = string.CompareOrdinal(a.Name, b.Name);
        if (order == 0)
            order = a.Operator.CompareTo(b.Operator);
        return order == 0 ? string.CompareOrdinal(a.Value, b.Value) : order;
    }

    private static string Write(string name, List<LabelTerm> terms)
    {
        if (terms.Count == 0 && name.Length > 0)
            return name;

        var text = new StringBuilder(name).Append('{');
        foreach (var term in terms)
        {
            if (text[^1] != '{')
                text.Append(',');
            text.Append(term.Name).Append(OperatorText(term.Operator)).Append('"');
            text.Append(term.Value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal));
            text.Append('"');
        }

        return text.Append('}').ToString();
    }

    private static string OperatorText(LabelOperator comparison) => comparison switch
    {
        LabelOperator.Equal => "=",
        LabelOperator.NotEqual => "!=",
        LabelOperator.Match => "=~",
        _ => "!~",
    };
}
