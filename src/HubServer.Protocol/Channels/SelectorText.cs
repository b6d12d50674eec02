using System.Text;

namespace HubServer.Protocol;

/// <summary>
/// The text form that channel ids and selectors share: a name, then terms in braces, as in Prometheus:
/// <c>cpu{host="a",core=~"[0-3]"}</c>. A channel id is the form in which every operator is <c>=</c>.
/// </summary>
public sealed class SelectorText
{
    /// <summary>The label that stands for the channel's name in a selector's terms, as in Prometheus.</summary>
    public const string NameLabel = "__name__";

    private readonly string _text;
    private int _at;

    private SelectorText(string text) => _text = text;

    /// <summary>The text before the braces; may be empty.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The terms in the order written.</summary>
    public IReadOnlyList<LabelTerm> Terms { get; private set; } = [];

    /// <summary>Parses the text.</summary>
    /// <exception cref="ProtocolException">The syntax is wrong; the message names the character position.</exception>
    public static SelectorText Parse(string text)
    {
        var parser = new SelectorText(text);
        parser.ReadName();
        parser.ReadTerms();
        return parser;
    }

    private void ReadName()
    {
        while (_at < _text.Length && _text[_at] != '{')
        {
            var c = _text[_at];
            if (c == '}' || char.IsControl(c) || IsLoneSurrogate(_text, _at))
                throw Error($"a name cannot hold {(c == '}' ? "'}'" : $"U+{(int)c:X4}")}");
            _at++;
        }

        Name = _text[.._at];
        if (Name.Length > 0 && char.IsWhiteSpace(Name[0]))
            throw ErrorAt(_text, 0, "a name cannot start with white space");
        if (Name.Length > 0 && char.IsWhiteSpace(Name[^1]))
            throw ErrorAt(_text, _at - 1, "a name cannot end with white space");
    }

    private void ReadTerms()
    {
        if (_at == _text.Length)
            return;

        _at++;
        var terms = new List<LabelTerm>();
        for (SkipSpace(); Current != '}'; SkipSpace())
        {
            terms.Add(ReadTerm());
            SkipSpace();
            if (Current == ',')
                _at++;
            else if (Current != '}')
                throw Error("expected ',' or '}'");
        }

        _at++;
        if (_at != _text.Length)
            throw Error("nothing may follow the closing '}'");
        Terms = terms;
    }

    private LabelTerm ReadTerm()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current == '_')
            _at++;

        var name = _text[start.._at];
        if (!Labels.IsName(name))
            throw Error("expected a label name (letters, digits and '_', no digit first)");

        SkipSpace();
        var comparison = ReadOperator();
        SkipSpace();
        return new LabelTerm(name, comparison, ReadQuoted(), start);
    }

    private LabelOperator ReadOperator()
    {
        var next = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        var (comparison, length) = (Current, next) switch
        {
            ('=', '~') => (LabelOperator.Match, 2),
            ('!', '~') => (LabelOperator.NotMatch, 2),
            ('!', '=') => (LabelOperator.NotEqual, 2),
            ('=', _) => (LabelOperator.Equal, 1),
            _ => throw Error("expected '=', '!=', '=~' or '!~'"),
        };
        _at += length;
        return comparison;
    }

    private string ReadQuoted()
    {
        if (Current != '"')
            throw Error("expected a value in double quotes");

        var value = new StringBuilder();
        for (_at++; Current != '"'; _at++)
        {
            if (_at >= _text.Length)
                throw Error("the value's closing '\"' is missing");
            if (IsLoneSurrogate(_text, _at))
                throw Error("a value cannot hold half a surrogate pair");
            value.Append(Current == '\\' ? ReadEscape() : Current);
        }

        _at++;
        return value.ToString();
    }

    private char ReadEscape()
    {
        _at++;
        return Current switch
        {
            '\\' => '\\',
            '"' => '"',
            'n' => '\n',
            _ => throw Error("a backslash is followed by '\\', '\"' or 'n'"),
        };
    }

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
        if (_at >= _text.Length)
            throw Error("the closing '}' is missing");
    }

    private ProtocolException Error(string what) => ErrorAt(_text, _at, what);

    internal static bool IsLoneSurrogate(string text, int at)
    {
        var c = text[at];
        if (char.IsHighSurrogate(c))
            return at + 1 >= text.Length || !char.IsLowSurrogate(text[at + 1]);
        return char.IsLowSurrogate(c) && (at == 0 || !char.IsHighSurrogate(text[at - 1]));
    }

    internal static ProtocolException ErrorAt(string text, int at, string what) =>
        ProtocolException.BadRequest($"'{text}', at character {at}: {what}");
}
