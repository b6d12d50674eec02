using System.Text;

namespace HubServer.Protocol;

/// <summary>
/// An immutable set of label names and values, sorted by name. A label whose value is empty is the same as a missing
/// one and is left out, as in Prometheus.
/// </summary>
public sealed class Labels : IEquatable<Labels>
{
    /// <summary>No labels.</summary>
    public static readonly Labels Empty = new([]);

    private readonly KeyValuePair<string, string>[] _pairs;

    private Labels(KeyValuePair<string, string>[] pairs) => _pairs = pairs;

    /// <summary>The pairs, sorted by name in ordinal order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs => _pairs;

    /// <summary>The number of labels.</summary>
    public int Count => _pairs.Length;

    /// <summary>Builds a set from pairs in any order.</summary>
    /// <exception cref="ProtocolException">A name is malformed or occurs twice, or a value holds half a surrogate pair.</exception>
    public static Labels From(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var sorted = pairs.Where(pair => pair.Value.Length > 0).ToArray();
        Array.Sort(sorted, (a, b) => string.CompareOrdinal(a.Key, b.Key));
        for (var i = 0; i < sorted.Length; i++)
        {
            RequireName(sorted[i].Key);
            RequireWholeCharacters(sorted[i].Key, sorted[i].Value);
            if (i > 0 && sorted[i].Key == sorted[i - 1].Key)
                throw ProtocolException.BadRequest($"label '{sorted[i].Key}' occurs twice; a label has one value");
        }

        return sorted.Length == 0 ? Empty : new Labels(sorted);
    }

    /// <summary>The label's value, or the empty string where there is none.</summary>
    public string this[string name]
    {
        get
        {
            foreach (var pair in _pairs)
            {
                if (pair.Key == name)
                    return pair.Value;
            }

            return "";
        }
    }

    /// <summary>Writes <c>{a="x",b="y"}</c>, or nothing where there are no labels.</summary>
    public void AppendTo(StringBuilder text)
    {
        if (_pairs.Length == 0)
            return;

        var separator = '{';
        foreach (var (name, value) in _pairs)
        {
            text.Append(separator).Append(name).Append("=\"");
            foreach (var c in value)
                _ = c switch { '\\' => text.Append(@"\\"), '"' => text.Append("\\\""), '\n' => text.Append(@"\n"), _ => text.Append(c) };
            text.Append('"');
            separator = ',';
        }

        text.Append('}');
    }

    /// <inheritdoc/>
    public bool Equals(Labels? other) => other is not null && _pairs.AsSpan().SequenceEqual(other._pairs);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Labels);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The text form, <c>{a="x",b="y"}</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        AppendTo(text);
        return text.ToString();
    }

    private static void RequireName(string name)
    {
        if (!IsName(name))
            throw ProtocolException.BadRequest($"label name '{name}' is malformed; it takes letters, digits and '_', and starts with no digit");
        if (name == SelectorText.NameLabel)
            throw ProtocolException.BadRequest($"label name '{name}' stands for the channel's name and cannot be set; write the name before the '{{'");
    }

    private static void RequireWholeCharacters(string name, string value)
    {
        for (var at = 0; at < value.Length; at++)
        {
            if (SelectorText.IsLoneSurrogate(value, at))
                throw ProtocolException.BadRequest($"label '{name}', at character {at}: a value cannot hold half a surrogate pair");
        }
    }

    internal static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || char.IsAsciiDigit(name[0]))
            return false;

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                return false;
        }

        return true;
    }
}
