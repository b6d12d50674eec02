using System.Buffers;
using System.Text.RegularExpressions;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>One term of a selector, ready to compare: a label, an operator and its values or a compiled regular expression.</summary>
internal sealed class LabelMatcher
{
    private static readonly SearchValues<char> Special = SearchValues.Create(@"\*+?()[]{}^$.");

    private readonly LabelTerm _term;
    private readonly string[] _values; // One of these, where there is no expression.
    private readonly Regex? _regex;

    /// <summary>Compiles a term of a selector; the text is for its errors. Without a lease the term is an operator's, which counts for none.</summary>
    public LabelMatcher(LabelTerm term, string text, int maxRegexLength, RegexLease? regexes)
    {
        _term = term;
        _values = [term.Value];
        if (term.Operator is LabelOperator.Equal or LabelOperator.NotEqual)
            return;

        // What dashboards send for several chosen values, "a|b|c", is most of what is asked for, and needs no engine.
        if (term.Value.Length > maxRegexLength)
            throw ProtocolException.LimitExceeded("Queries:MaxRegexLength", $"{Place()}: the regular expression has {term.Value.Length} characters; the limit is {maxRegexLength}");
        if (term.Value.ContainsAny(Special))
            _regex = Rent();
        else
            _values = term.Value.Split('|');

        string Place() => $"'{text}', at character {term.At}";

        Regex Rent()
        {
            try
            {
                return regexes is null ? Compile(term.Value) : regexes.Rent(term.Value);
            }
            catch (NotSupportedException e)
            {
                // Backreferences and lookaround, and counted repetitions that multiply beyond the engine's own limit.
                throw ProtocolException.BadRequest($"{Place()}: the regular expression cannot run in linear time; write a simpler one: {e.Message}");
            }
            catch (ArgumentException e)
            {
                throw ProtocolException.BadRequest($"{Place()}: the regular expression is invalid: {e.Message}");
            }
        }
    }

    public bool Matches(ChannelId id)
    {
        var value = _term.Name == SelectorText.NameLabel ? id.Name : id.Labels[_term.Name];
        var isMatch = _regex?.IsMatch(value) ?? Array.IndexOf(_values, value) >= 0;
        return isMatch == (_term.Operator is LabelOperator.Equal or LabelOperator.Match);
    }

    /// <summary>Compiles an expression that has to match a value as a whole.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    /// <exception cref="NotSupportedException">It cannot run in linear time.</exception>
    public static Regex Compile(string expression)
    {
        // The expression is tried as written first: "a)|(?:b" would be valid inside the group that anchors it, and
        // would come out of it unanchored. The other engine parses the same and builds nothing.
        _ = new Regex(expression, RegexOptions.CultureInvariant);

        // As in Prometheus, the dot matches every character; the line feed is one that a label can hold.
        return new Regex($@"\A(?s:{expression})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }
}
