using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HubServer.LoadTest;

/// <summary>A process that the benchmark started, and ends.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>What Linux counts in, whatever the kernel was built with.</summary>
    private const double MillisecondsPerTick = 10;

    private readonly Process _process;
    private string _lastOutput = "";

    private ChildProcess(Process process) => _process = process;

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    /// <summary>The last line that it printed.</summary>
    public string LastOutput => _lastOutput;

    /// <summary>Whether it ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts it and passes over its output.</summary>
    public static ChildProcess Start(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, line) => child._lastOutput = line.Data ?? child._lastOutput;
        child._process.ErrorDataReceived += (_, line) => child._lastOutput = line.Data ?? child._lastOutput;
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>A port that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The processor time that it has used, in milliseconds: <c>utime</c> and <c>stime</c> of <c>/proc/PID/stat</c>.</summary>
    public double CpuMilliseconds()
    {
        // The second part is the program's name, which may hold spaces and ends with the last bracket.
        var text = File.ReadAllText($"/proc/{_process.Id}/stat");
        var parts = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return MillisecondsPerTick * (double.Parse(parts[11], CultureInfo.InvariantCulture) + double.Parse(parts[12], CultureInfo.InvariantCulture));
    }

    /// <summary>The memory that it has in the machine's, in KB: <c>VmRSS</c> of <c>/proc/PID/status</c>.</summary>
    public double MemoryKilobytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until a GET of it is answered with 200.</summary>
    public async Task AnswersAsync(Uri url)
    {
        using var http = new HttpClient();
        var ask = Task.FromResult(false);
        await Waiting.UntilAsync(
            () =>
            {
                RequireRunning();
                if (ask is { IsCompletedSuccessfully: true, Result: true })
                    return true;
                if (ask.IsCompleted)
                    ask = AskAsync(http, url);
                return false;
            },
            $"{url} answers 200");
    }

    /// <summary>Waits until it takes connections at a port.</summary>
    public Task AcceptsAsync(int port) => Waiting.UntilAsync(
        () =>
        {
            RequireRunning();
            return Accepts(port);
        },
        $"something listens on port {port}");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void RequireRunning()
    {
        if (HasExited)
            throw new InvalidOperationException($"a server ended: {LastOutput}");
    }

    private static bool Accepts(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<bool> AskAsync(HttpClient http, Uri url)
    {
        try
        {
            using var response = await http.GetAsync(url);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
