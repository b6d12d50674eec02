using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>Keeps what a server logs as an error.</summary>
internal sealed class ErrorLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

    public void Dispose()
    {
    }

    // SignalR logs each HubException as an error, though it is how a hub answers a wrong request.
    private sealed class Logger(string category, ConcurrentQueue<string> lines) : ILogger
    {
        private readonly bool _isSignalR = category.StartsWith("Microsoft.AspNetCore.SignalR", StringComparison.Ordinal);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error && !_isSignalR;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                lines.Enqueue($"{category}: {formatter(state, exception)} {exception}");
        }
    }
}
