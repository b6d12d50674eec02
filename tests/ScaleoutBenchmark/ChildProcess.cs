using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HubServer.ScaleoutBenchmark;

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

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
