namespace HubServer.Protocol;

/// <summary>The closed list of error codes: in <c>HubException</c> messages, <see cref="ItemError"/> and problem details alike.</summary>
public static class ErrorCode
{
    /// <summary>The request is malformed or contradicts the channel's schema; sending it again cannot succeed.</summary>
    public const string BadRequest = "bad_request";

    /// <summary>The named channel or field does not exist.</summary>
    public const string NotFound = "not_found";

    /// <summary>The caller did not say who it is.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>The caller may not do this.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>A configured limit would be passed; the text names the limit and its option.</summary>
    public const string LimitExceeded = "limit_exceeded";

    /// <summary>A queue is full or a reader is too slow; the same request may succeed later.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>The backplane did not answer, or the node is behind it and does not know the channel; the outcome of a publish is unknown.</summary>
    public const string BackplaneUnavailable = "backplane_unavailable";

    /// <summary>The node is stopping; another node, or this one later, will answer.</summary>
    public const string ShuttingDown = "shutting_down";

    /// <summary>A fault of the server, logged there.</summary>
    public const string Internal = "internal";
}
