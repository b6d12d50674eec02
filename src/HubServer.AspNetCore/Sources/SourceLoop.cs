using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.AspNetCore.Sources;

/// <summary>Runs a source: reads a round at every tick of its interval, publishes it, and logs what fails once.</summary>
internal sealed partial class SourceLoop(
    Func<ChannelId, Rows, CancellationToken, ValueTask<PublishResult>> publish,
    TimeProvider timeProvider,
    ILogger<SourceLoop> logger)
{
    // The key of a failed reading among the failures of a round; the others are channel ids, which are never empty.
    private const string ReadingKey = "";

    /// <summary>Runs until it is cancelled. The first round is read at once.</summary>
    public async Task RunAsync(
        string source, TimeSpan interval, Func<IReadOnlyList<(ChannelId Channel, Rows Rows)>> readRound, CancellationToken cancellationToken)
    {
        Log.Started(logger, source, interval);
        try
        {
            await RunRoundsAsync(source, interval, readRound, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of a source is no failure of its host, not even where that could not start and says why itself.
        }
    }

    private async Task RunRoundsAsync(
        string source, TimeSpan interval, Func<IReadOnlyList<(ChannelId Channel, Rows Rows)>> readRound, CancellationToken cancellationToken)
    {
        var failures = new Dictionary<string, string>();
        using var timer = new PeriodicTimer(interval, timeProvider);
        do
        {
            var started = timeProvider.GetTimestamp();
            failures = await RunRoundAsync(source, readRound, failures, cancellationToken);

            // The timer keeps one of the ticks that passed during a round. Taken after a round that was slower than the
            // interval, it would start the next round off the grid and shortly before the tick that is on it.
            if (timeProvider.GetElapsedTime(started) >= interval)
                await timer.WaitForNextTickAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    // Answers what failed, so that the next round logs only what has changed.
    private async Task<Dictionary<string, string>> RunRoundAsync(
        string source,
        Func<IReadOnlyList<(ChannelId Channel, Rows Rows)>> readRound,
        Dictionary<string, string> lastFailures,
        CancellationToken cancellationToken)
    {
        var failures = new Dictionary<string, string>();
        try
        {
            // All are under way before the first is awaited, so that the publisher can send them in one call.
            var round = readRound();
            var outcomes = await Task.WhenAll(round.Select(reading => PublishAsync(reading.Channel, reading.Rows, cancellationToken)));
            for (var i = 0; i < outcomes.Length; i++)
                Note(source, round[i].Channel, outcomes[i], lastFailures, failures);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing is known about the channels this time, so what was known about them stands.
            failures = new Dictionary<string, string>(lastFailures) { [ReadingKey] = Describe(exception) };
            if (lastFailures.GetValueOrDefault(ReadingKey) != failures[ReadingKey])
                Log.ReadingFailed(logger, source, exception);
        }

        return failures;
    }

    private async Task<string?> PublishAsync(ChannelId channel, Rows rows, CancellationToken cancellationToken)
    {
        try
        {
            var result = await publish(channel, rows, cancellationToken);
            return result.Error is { } error ? $"{error.Code}: {error.Message}" : null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return Describe(exception);
        }
    }

    private void Note(
        string source, ChannelId channel, string? error, Dictionary<string, string> lastFailures, Dictionary<string, string> failures)
    {
        var lastError = lastFailures.GetValueOrDefault(channel.Text);
        if (error is not null)
            failures[channel.Text] = error;
        if (error == lastError)
            return;

        if (error is null)
            Log.AcceptedAgain(logger, source, channel);
        else
            Log.Refused(logger, source, channel, error);
    }

    private static string Describe(Exception exception) => $"{exception.GetType().Name}: {exception.Message}";

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Source {Source} started, one round every {Interval}")]
        public static partial void Started(ILogger logger, string source, TimeSpan interval);

        [LoggerMessage(2, LogLevel.Error, "Source {Source} failed to read a round; it goes on with the next, and the same failure is not logged again")]
        public static partial void ReadingFailed(ILogger logger, string source, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "Rows of source {Source} for {Channel} were refused: {Error}")]
        public static partial void Refused(ILogger logger, string source, ChannelId channel, string error);

        [LoggerMessage(4, LogLevel.Information, "Rows of source {Source} for {Channel} are taken again")]
        public static partial void AcceptedAgain(ILogger logger, string source, ChannelId channel);
    }
}
