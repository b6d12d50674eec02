using System.Collections.Concurrent;
using System.Diagnostics;
using HubServer.Fixtures;

namespace HubServer.Client.Tests.Packages;

/// <summary>A <c>dotnet</c> command in a folder, what it prints, and its end, which is also that of what it started.</summary>
internal sealed class DotnetRun : IAsyncDisposable
{
    /// <summary>Restoring and compiling, with nothing in any cache.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];

    private DotnetRun(string folder, string[] arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true },
        };
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => string.Join('\n', _output);

    public static DotnetRun Start(string folder, params string[] arguments) => new(folder, arguments);

    /// <summary>Runs a command to its end, which has to be a good one.</summary>
    public static async Task<string> ToEndAsync(string folder, params string[] arguments)
    {
        await using var run = Start(folder, arguments);
        await Wait.Eventually(() => run._process.HasExited, $"dotnet {arguments[0]} ends", () => run.Output, Deadline);
        await run._process.WaitForExitAsync();
        Assert.True(run._process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} failed:\n{run.Output}");
        return run.Output;
    }

    /// <summary>Waits until it printed a text.</summary>
    public Task PrintsAsync(string text) => Wait.Eventually(
        () =>
        {
            Assert.False(_process.HasExited && !Output.Contains(text, StringComparison.Ordinal), $"it ended:\n{Output}");
            return Output.Contains(text, StringComparison.Ordinal);
        },
        $"it prints '{text}'",
        () => Output,
        Deadline);

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
