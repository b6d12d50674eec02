using Microsoft.Extensions.Logging;

namespace HubServer.Core.Tests.Channels;

/// <summary>Keeps the warnings of a node.</summary>
internal sealed class WarningLog : ILogger<Node>
{
    public List<(string Text, Exception? Exception)> Warnings { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Warnings.Add((formatter(state, exception), exception));
}
