namespace HubServer.Protocol;

/// <summary>How a selector's term compares a label.</summary>
public enum LabelOperator
{
    /// <summary><c>=</c>: the label has this value.</summary>
    Equal,

    /// <summary><c>!=</c>: the label has another value, or none.</summary>
    NotEqual,

    /// <summary><c>=~</c>: the whole value matches the regular expression.</summary>
    Match,

    /// <summary><c>!~</c>: the whole value does not match the regular expression.</summary>
    NotMatch,
}
