using System.Globalization;
using HubServer.AspNetCore.Bodies;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;

namespace HubServer.AspNetCore.Routes;

/// <summary>Answers errors as problem details (RFC 9457) whose <c>code</c> is one of the contract's list.</summary>
internal sealed partial class Problems(HubServerMetrics metrics, ILogger<Problems> logger) : IEndpointFilter
{
    private const int DefaultRetryMs = 1_000;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (ProtocolException error)
        {
            metrics.CountLimit(error.Limit);
            return Problem(context.HttpContext, new ItemError(error.Code, error.Message));
        }
        catch (RefusedException refused)
        {
            return Problem(context.HttpContext, refused.Error with { Message = refused.Message });
        }
        catch (WrongMethodException wrong)
        {
            context.HttpContext.Response.Headers.Allow = wrong.Allowed;
            return Problem(new ItemError(ErrorCode.BadRequest, wrong.Message), StatusCodes.Status405MethodNotAllowed);
        }
        catch (BadHttpRequestException error)
        {
            return Problem(context.HttpContext, new ItemError(ErrorCode.BadRequest, error.Message));
        }
        catch (ConnectionResetException)
        {
            // A client that breaks off within its request is no failure of the server's, and neither reads an answer nor
            // sends the rest, which the server would wait for.
            context.HttpContext.Abort();
            return Results.Empty;
        }
        catch (Exception failure) when (!context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            Log.Failed(logger, context.HttpContext.Request.Path, failure);
            return Problem(context.HttpContext, new ItemError(ErrorCode.Internal, "the server failed; its log says why"));
        }
    }

    /// <summary>The answer for an error.</summary>
    public static ProblemHttpResult Problem(HttpContext context, ItemError error)
    {
        // A client that is told to come back later is always told when.
        if ((error.RetryMs ?? (error.Code == ErrorCode.Overloaded ? DefaultRetryMs : null)) is { } retryMs)
            context.Response.Headers.RetryAfter = Math.Max(1, (retryMs + 999) / 1_000).ToString(CultureInfo.InvariantCulture);
        return Problem(error, Status(error.Code));
    }

    private static ProblemHttpResult Problem(ItemError error, int status) => TypedResults.Problem(new ProblemDetails
    {
        Status = status,
        Title = error.Code,
        Detail = error.Message,
        Extensions = { ["code"] = error.Code },
    });

    private static int Status(string code) => code switch
    {
        ErrorCode.BadRequest => StatusCodes.Status400BadRequest,
        ErrorCode.NotFound => StatusCodes.Status404NotFound,
        ErrorCode.Unauthorized => StatusCodes.Status401Unauthorized,
        ErrorCode.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCode.LimitExceeded => StatusCodes.Status413PayloadTooLarge,
        ErrorCode.Overloaded => StatusCodes.Status429TooManyRequests,
        ErrorCode.BackplaneUnavailable or ErrorCode.ShuttingDown => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The request for {Path} failed", EventName = "RequestFailed")]
        public static partial void Failed(ILogger logger, string path, Exception failure);
    }
}
