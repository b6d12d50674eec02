namespace HubServer.Protocol;

/// <summary>One term between the braces of a selector or a channel id.</summary>
/// <param name="Name">The label.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Value">The value or regular expression, unescaped.</param>
/// <param name="At">Where the term starts in the text, counted in characters from 0.</param>
public readonly record struct LabelTerm(string Name, LabelOperator Operator, string Value, int At);
