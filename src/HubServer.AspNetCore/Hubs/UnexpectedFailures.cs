using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;

namespace HubServer.AspNetCore.Hubs;

/// <summary>
/// Logs what a hub method should not throw, and gives it the contract's code. What clients are refused for is theirs
/// to know and is not logged: SignalR itself would log both alike, so that any client could fill the log.
/// </summary>
internal sealed partial class UnexpectedFailures(ILogger<UnexpectedFailures> logger) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (Exception failure) when (failure is not HubException && !invocationContext.Context.ConnectionAborted.IsCancellationRequested)
        {
            Log.Failed(logger, invocationContext.HubMethodName, failure);
            throw new HubException($"{ErrorCode.Internal}: the server failed; its log says why");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The hub method {Method} failed", EventName = "HubMethodFailed")]
        public static partial void Failed(ILogger logger, string method, Exception failure);
    }
}
