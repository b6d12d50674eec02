using System.Text.RegularExpressions;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>One term of a selector, ready to compare: a label, an operator and a value or a compiled regular expression.</summary>
internal sealed class LabelMatcher
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private readonly LabelTerm _term;
    private readonly Regex? _regex;

    /// <summary>Compiles a term of a selector; the text is for its errors.</summary>
    public LabelMatcher(LabelTerm term, string text, int maxRegexLength)
    {
        _term = term;
        if (term.Operator is LabelOperator.Match or LabelOperator.NotMatch)
            _regex = Compile(term, text, maxRegexLength);
    }

    public bool Matches(ChannelId id)
    {
        var value = _term.Name == SelectorText.NameLabel ? id.Name : id.Labels[_term.Name];
        return _regex is null
            ? (value == _term.Value) == (_term.Operator == LabelOperator.Equal)
            : _regex.IsMatch(value) == (_term.Operator == LabelOperator.Match);
    }

    private static Regex Compile(LabelTerm term, string text, int maxRegexLength)
    {
        var place = $"'{text}', at character {term.At}";
        if (term.Value.Length > maxRegexLength)
            throw ProtocolException.LimitExceeded("Queries:MaxRegexLength", $"{place}: the regular expression has {term.Value.Length} characters; the limit is {maxRegexLength}");

        try
        {
            // The expression is tried as written first: "a)|(?:b" would be valid inside the group that anchors it, and
            // would come out of it unanchored.
            _ = new Regex(term.Value, Options);

            // As in Prometheus, the dot matches every character; the line feed is one that a label can hold.
            return new Regex($@"\A(?s:{term.Value})\z", Options);
        }
        catch (NotSupportedException e)
        {
            // Backreferences and lookaround, and counted repetitions that multiply beyond the engine's own limit.
            throw ProtocolException.BadRequest($"{place}: the regular expression cannot run in linear time; write a simpler one: {e.Message}");
        }
        catch (ArgumentException e)
        {
            throw ProtocolException.BadRequest($"{place}: the regular expression is invalid: {e.Message}");
        }
    }
}
