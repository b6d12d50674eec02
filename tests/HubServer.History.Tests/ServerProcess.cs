using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using HubServer.AspNetCore.Tests.Fixtures;

namespace HubServer.History.Tests;

/// <summary>The built program as a process of its own, on a free port.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ServerProcess(Process process) => _process = process;

    /// <summary>Starts the program and waits for the address that it prints.</summary>
    public static async Task<(ServerProcess Server, Uri Url)> StartAsync(params string[] arguments)
    {
        var program = typeof(ServerProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "Program").Value;
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [program ?? "", "--urls", "http://127.0.0.1:0", .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        var server = new ServerProcess(process);
        process.OutputDataReceived += (_, line) => server._output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => server._output.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Wait.Eventually(() => PrintedUrl().IsMatch(server.Output), "the program prints its address", () => server.Output);
        return (server, new Uri(PrintedUrl().Match(server.Output).Groups[1].Value));
    }

    private string Output => string.Join('\n', _output);

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
