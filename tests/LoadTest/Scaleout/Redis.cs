using System.Diagnostics;
using System.Globalization;

namespace HubServer.LoadTest.Scaleout;

/// <summary>A redis-server on a free port that keeps nothing on disk.</summary>
internal sealed class Redis : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ChildProcess _process;

    private Redis(int port, DirectoryInfo folder, ChildProcess process)
    {
        Port = port;
        _folder = folder;
        _process = process;
    }

    public int Port { get; }

    /// <summary>The last line of its log.</summary>
    public string LastOutput => _process.LastOutput;

    /// <summary>The processor time that it has used.</summary>
    public double CpuMilliseconds() => _process.CpuMilliseconds();

    public static async Task<Redis> StartAsync()
    {
        var port = ChildProcess.FreePort();
        var folder = Directory.CreateTempSubdirectory("hubserver-scaleout-");
        string[] arguments = ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", folder.FullName, "--daemonize", "no", "--save", ""];
        var redis = new Redis(port, folder, ChildProcess.Start(new ProcessStartInfo("redis-server", arguments)));
        await redis._process.AcceptsAsync(port);
        return redis;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
