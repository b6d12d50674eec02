using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace HubServer.ScaleoutBenchmark;

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
        await Waiting.UntilAsync(redis.Accepts, $"redis-server listens on port {port}: {redis._process.LastOutput}");
        return redis;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private bool Accepts()
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
