using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using HubServer.Fixtures;

namespace HubServer.Tests;

/// <summary>The built program as a process of its own, on a free port.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ServerProcess(Process process) => _process = process;

    /// <summary>What it printed.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts the program.</summary>
    public static ServerProcess Start(params string[] arguments)
    {
        var program = typeof(ServerProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "Program").Value;
        var start = new ProcessStartInfo("dotnet", [program ?? "", "--urls", "http://127.0.0.1:0", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = new Process { StartInfo = start };
        var server = new ServerProcess(process);
        process.OutputDataReceived += (_, line) => server._output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => server._output.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>The address that it prints for people.</summary>
    public async Task<Uri> UrlAsync()
    {
        await Wait.Eventually(() => PrintedUrl().IsMatch(Output), "the program prints its address", () => Output);
        return new Uri(PrintedUrl().Match(Output).Groups[1].Value);
    }

    /// <summary>Asks it to stop, as an operating system or an orchestrator does.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitAsync(TimeSpan deadline)
    {
        await _process.WaitForExitAsync().WaitAsync(deadline, TimeProvider.System);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"live at (http://127\.0\.0\.1:\d+)")]
    private static partial Regex PrintedUrl();
}
