namespace HubServer.Protocol;

/// <summary>An error that its caller can act on: one of <see cref="ErrorCode"/> and a text that says what was wrong and what would be right.</summary>
public sealed class ProtocolException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="code">One of <see cref="ErrorCode"/>.</param>
    /// <param name="message">What was wrong, where, and what would be right.</param>
    public ProtocolException(string code, string message)
        : base(message)
    {
        Code = code;
    }

    /// <summary>One of <see cref="ErrorCode"/>.</summary>
    public string Code { get; }

    /// <summary>The option that sets the limit that was passed, without <c>HubServer:</c> before it; null for any other error.</summary>
    public string? Limit { get; private init; }

    /// <summary>Whether the message already starts with the place in what was read.</summary>
    internal bool NamesPlace { get; init; }

    /// <summary>The form in which the error travels as the message of a <c>HubException</c>: <c>code: text</c>.</summary>
    public string WireMessage => $"{Code}: {Message}";

    /// <summary>A <see cref="ErrorCode.BadRequest"/>.</summary>
    public static ProtocolException BadRequest(string message) => new(ErrorCode.BadRequest, message);

    /// <summary>A <see cref="ErrorCode.LimitExceeded"/>.</summary>
    /// <param name="limit">The option that sets the limit, such as <c>Queries:MaxTargets</c>; the message names it, too.</param>
    /// <param name="message">What passed the limit, and what the limit is.</param>
    public static ProtocolException LimitExceeded(string limit, string message) =>
        new(ErrorCode.LimitExceeded, $"{message} (HubServer:{limit})") { Limit = limit };

    /// <summary>An <see cref="ErrorCode.Overloaded"/>: the limit is that of all callers together, so the same may pass later.</summary>
    /// <param name="limit">The option that sets the limit, such as <c>Queries:MaxRegexes</c>; the message names it, too.</param>
    /// <param name="message">What passed the limit, and what the limit is.</param>
    public static ProtocolException Overloaded(string limit, string message) =>
        new(ErrorCode.Overloaded, $"{message} (HubServer:{limit})") { Limit = limit };

    /// <summary>The same error with the place in the request before its text, and what else is to be said behind it.</summary>
    public ProtocolException At(string place, string rest = "") => new(Code, $"{place}: {Message}{rest}") { Limit = Limit };
}
