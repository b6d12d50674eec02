using System.Text;

namespace HubServer.Protocol;

/// <summary>
/// The identity of a channel: a name and labels. Its canonical text, <c>cpu{core="0",host="a"}</c> with the labels
/// sorted, is what travels on the wire and what equality compares.
/// </summary>
public sealed class ChannelId : IEquatable<ChannelId>
{
    private readonly int _hash; // A row on its way through a node is looked up by its channel many times.

    /// <summary>Creates an id from its parts.</summary>
    /// <exception cref="ProtocolException">The name is empty, or holds a character kept for selectors.</exception>
    public ChannelId(string name, Labels? labels = null)
        : this(name, labels ?? Labels.Empty, SelectorText.Parse(name))
    {
    }

    private ChannelId(string name, Labels labels, SelectorText parsed)
    {
        if (name.Length == 0)
            throw SelectorText.ErrorAt($"{name}{labels}", 0, "a channel id starts with its name; write for example cpu{host=\"a\"}");
        if (parsed.Name != name)
            throw SelectorText.ErrorAt(name, parsed.Name.Length, "a name cannot hold '{'");
        if (name.IndexOf('*', StringComparison.Ordinal) is >= 0 and var star)
            throw SelectorText.ErrorAt(name, star, "a channel's name cannot hold '*', which is kept for selectors");

        Name = name;
        Labels = labels;
        var text = new StringBuilder(name);
        labels.AppendTo(text);
        Text = text.ToString();
        _hash = Text.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>The part before the braces.</summary>
    public string Name { get; }

    /// <summary>The labels, sorted.</summary>
    public Labels Labels { get; }

    /// <summary>The canonical text.</summary>
    public string Text { get; }

    /// <summary>Parses a text, canonical or not (labels in any order, white space between terms).</summary>
    /// <exception cref="ProtocolException">The text is not a channel id; the message names the place.</exception>
    public static ChannelId Parse(string text)
    {
        var parsed = SelectorText.Parse(text);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var term in parsed.Terms)
        {
            if (term.Operator != LabelOperator.Equal)
                throw SelectorText.ErrorAt(text, term.At, "a channel id takes '=' only; '!=', '=~' and '!~' are for selectors");
            if (term.Name == SelectorText.NameLabel)
                throw SelectorText.ErrorAt(text, term.At, $"'{term.Name}' stands for the channel's name and cannot be set; write the name before the '{{'");
            if (!names.Add(term.Name))
                throw SelectorText.ErrorAt(text, term.At, $"label '{term.Name}' occurs twice; a label has one value");
        }

        var labels = Labels.From(parsed.Terms.Select(term => KeyValuePair.Create(term.Name, term.Value)));
        return new ChannelId(parsed.Name, labels, parsed);
    }

    /// <inheritdoc/>
    public bool Equals(ChannelId? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ChannelId);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>The canonical text.</summary>
    public override string ToString() => Text;
}
