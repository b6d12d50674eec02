using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;

namespace HubServer.AspNetCore.Hubs;

/// <summary>
/// Gives what a hub method throws the contract's form. What clients are refused for is theirs to know and is not
/// logged: SignalR itself would log it like the server's own faults, so that any client could fill the log.
/// </summary>
internal sealed partial class CallErrors(HubServerMetrics metrics, ILogger<CallErrors> logger) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (ProtocolException refused)
        {
            metrics.CountLimit(refused.Limit);
            throw new HubException(refused.WireMessage);
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
