using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Client;

/// <summary>Calls methods that answer once, again and again for as long as that can help. For calls that may be repeated only.</summary>
internal sealed partial class Caller(Link link, HubServerClientOptions options, ILogger logger)
{
    private readonly TimeProvider _time = options.TimeProvider ?? TimeProvider.System;

    /// <summary>Calls a method until its answer is known.</summary>
    /// <param name="method">The hub's method.</param>
    /// <param name="request">Its argument.</param>
    /// <param name="judge">What an answer says went wrong, if it does; one that is transient is asked for again.</param>
    /// <param name="cancellationToken">Gives up; whether the last call did anything is then unknown.</param>
    /// <exception cref="HubServerException">Repeating the call cannot help.</exception>
    public async Task<T> InvokeAsync<T>(string method, object request, Func<T, HubServerException?> judge, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options);
        while (true)
        {
            HubServerException problem;
            try
            {
                var answer = await InvokeOnceAsync<T>(method, request, cancellationToken).ConfigureAwait(false);
                if (judge(answer) is not { IsTransient: true } refused)
                    return answer;
                problem = refused;
            }
            catch (HubServerException failure) when (failure.IsTransient)
            {
                problem = failure;
            }

            Log.Repeats(logger, method, problem.Message);

            // Where the connection is the problem, the next one waits its own time.
            if (problem.Code != HubServerException.Connection)
                backoff.Fail();
            var pause = backoff.Next();
            await Task.Delay(pause > problem.RetryAfter ? pause : problem.RetryAfter, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T> InvokeOnceAsync<T>(string method, object request, CancellationToken cancellationToken)
    {
        var session = await link.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var answer = await session.InvokeAsync<T>(method, request, cancellationToken).ConfigureAwait(false);
            link.Works();
            return answer;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // A connection that is lost cancels its calls, so a cancellation that nobody here asked for is a loss.
            var problem = Diagnosis.OfCall(method, failure);
            if (problem.Code is HubServerException.Connection or ErrorCode.ShuttingDown)
                link.Lose(session, problem);
            throw problem;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Method} is called again: {Problem}", EventName = "Repeats")]
        public static partial void Repeats(ILogger logger, string method, string problem);
    }
}
