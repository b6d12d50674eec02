using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using HubServer.Protocol;
using MessagePack;
using Microsoft.AspNetCore.SignalR;

namespace HubServer.Client;

/// <summary>Says what an exception of SignalR or of the network means: the cause in words, and whether trying again can help.</summary>
internal static class Diagnosis
{
    // SignalR puts words of its own before what a hub says (PROTOCOL.md, section 7).
    private const string HubWords = "HubException: ";

    // What SignalR's client makes of a closing message: it comes as a HubException, but is a loss of the connection.
    private const string ClosedByServer = "The server closed the connection";

    // What SignalR's server says of a method that a hub has not, with and without arguments that could be bound.
    private static readonly string[] UnknownMethod = ["Method does not exist", "Unknown hub method"];

    private const string UnknownProtocol = "is not supported";

    /// <summary>Whether the same call may succeed later: the column "again?" of PROTOCOL.md, section 7.</summary>
    public static bool IsTransient(string code) =>
        code is ErrorCode.Overloaded or ErrorCode.BackplaneUnavailable or ErrorCode.ShuttingDown or ErrorCode.Internal or HubServerException.Connection;

    /// <summary>Why an attempt to connect failed.</summary>
    /// <param name="hub">The hub's address.</param>
    /// <param name="status">What was answered in place of a WebSocket, if anything was.</param>
    /// <param name="cause">The failure.</param>
    /// <param name="wasConnected">
    /// Whether this address worked before. Then what looks like a wrong address is a proxy whose servers change, and passes.
    /// </param>
    public static HubServerException OfConnect(Uri hub, HttpStatusCode? status, Exception cause, bool wasConnected)
    {
        if (Find<HubServerException>(cause) is { } known)
            return known;
        if (status is { } answered && answered != HttpStatusCode.SwitchingProtocols && answered != 0)
            return OfStatus(hub, answered, cause, wasConnected);
        if (cause is HubException && cause.Message.Contains(UnknownProtocol, StringComparison.Ordinal))
            return new HubServerException(ErrorCode.BadRequest, $"the hub at {hub} does not speak this client's protocol: {cause.Message}", innerException: cause);
        if (Find<AuthenticationException>(cause) is { } insecure)
            return new HubServerException(HubServerException.Connection, $"there is no secure connection to {hub}: {insecure.GetBaseException().Message}", wasConnected, cause);
        if (IsNoHub(cause))
            return new HubServerException(ErrorCode.NotFound, $"what answers at {hub} is no hub: {cause.GetBaseException().Message}", wasConnected, cause);
        return new HubServerException(HubServerException.Connection, $"the server at {hub} cannot be reached: {cause.GetBaseException().Message}", isTransient: true, cause);
    }

    /// <summary>Why a call failed.</summary>
    /// <param name="method">The hub's method.</param>
    /// <param name="cause">The failure.</param>
    public static HubServerException OfCall(string method, Exception cause)
    {
        switch (cause)
        {
            case HubServerException known:
                return known;
            case HubException refused when !refused.Message.StartsWith(ClosedByServer, StringComparison.Ordinal):
                return OfRefusal(method, refused);
            case ArgumentException or NotSupportedException or JsonException or MessagePackSerializationException:
                return new HubServerException(ErrorCode.Internal, $"the request to {method} cannot be written: {cause.GetBaseException().Message}", innerException: cause);
            default:
                return OfLoss(cause);
        }
    }

    /// <summary>How a connection was lost. SignalR cancels the calls of one that ended without an error.</summary>
    public static HubServerException OfLoss(Exception? cause)
    {
        var how = cause is null or OperationCanceledException ? "the server closed it" : cause.GetBaseException().Message;
        return new HubServerException(HubServerException.Connection, $"the connection was lost: {how}", isTransient: true, cause);
    }

    /// <summary>What a result's error means.</summary>
    public static HubServerException OfError(ItemError error, PublishResult? result = null) => new(error.Code, error.Message, IsTransient(error.Code))
    {
        RetryAfter = TimeSpan.FromMilliseconds(error.RetryMs ?? 0),
        Result = result,
    };

    private static HubServerException OfStatus(Uri hub, HttpStatusCode status, Exception cause, bool wasConnected)
    {
        var answer = $"{hub} answered {(int)status}";
        return status switch
        {
            HttpStatusCode.Unauthorized => new(ErrorCode.Unauthorized, $"{answer}: the access token is missing or was refused; sign in and set {nameof(HubServerClientOptions.AccessTokenProvider)}", innerException: cause),
            HttpStatusCode.Forbidden => new(ErrorCode.Forbidden, $"{answer}: whom the access token names may not connect", innerException: cause),
            HttpStatusCode.TooManyRequests => new(ErrorCode.Overloaded, $"{answer}: there are too many requests", isTransient: true, cause),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new(HubServerException.Connection, $"{answer}: the server, or a proxy before it, is not ready", isTransient: true, cause),
            _ => new(ErrorCode.NotFound, $"{answer} where a hub would open a WebSocket; {nameof(HubServerClientOptions.Url)} is the server's address, such as http://localhost:5080", wasConnected, cause),
        };
    }

    private static HubServerException OfRefusal(string method, HubException refused)
    {
        var at = refused.Message.IndexOf(HubWords, StringComparison.Ordinal);
        var said = at < 0 ? "" : refused.Message[(at + HubWords.Length)..];
        var colon = said.IndexOf(": ", StringComparison.Ordinal);
        var code = colon < 0 ? "" : said[..colon];
        if (IsCode(code))
            return new HubServerException(code, said[(colon + 2)..], IsTransient(code), refused);

        // What has no code of the contract was said by SignalR. That a method is missing will not change.
        var isMissing = Array.Exists(UnknownMethod, words => refused.Message.Contains(words, StringComparison.Ordinal));
        return new HubServerException(
            ErrorCode.Internal,
            isMissing ? $"the hub has no method '{method}', so it is none of HubServer: {refused.Message}" : refused.Message,
            !isMissing,
            refused);
    }

    private static bool IsCode(string code) =>
        code is ErrorCode.BadRequest or ErrorCode.NotFound or ErrorCode.Unauthorized or ErrorCode.Forbidden or ErrorCode.LimitExceeded
            || (IsTransient(code) && code != HubServerException.Connection);

    /// <summary>Whether somebody answered who speaks no HTTP, or who opened a WebSocket and then speaks no hub protocol.</summary>
    private static bool IsNoHub(Exception cause) =>
        cause is InvalidDataException || Find<HttpRequestException>(cause)?.HttpRequestError == HttpRequestError.InvalidResponse;

    private static T? Find<T>(Exception? cause)
        where T : Exception
    {
        while (cause is not null and not T)
            cause = cause.InnerException;
        return (T?)cause;
    }
}
