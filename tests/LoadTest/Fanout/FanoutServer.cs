using System.Globalization;

namespace HubServer.LoadTest.Fanout;

/// <summary>The server of one turn.</summary>
internal sealed class FanoutServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hubserver-fanout-");
    private readonly int _port = ChildProcess.FreePort();
    private readonly int _secondPort = ChildProcess.FreePort();
    private readonly HttpClient _http = new();
    private readonly ChildProcess _process;
    private readonly bool _hasMetrics;

    private FanoutServer(IFanoutSystem system, FanoutLoad load)
    {
        _process = ChildProcess.Start(system.ServerOf(load, _folder.FullName, _port, _secondPort));
        _hasMetrics = system is ProductSystem;
    }

    /// <summary>The last line that it printed.</summary>
    public string LastOutput => _process.LastOutput;

    public static async Task<FanoutServer> StartAsync(IFanoutSystem system, FanoutLoad load)
    {
        var server = new FanoutServer(system, load);
        try
        {
            await server._process.AcceptsAsync(server._port);
            if (system.ReadyPath is not null)
                await server._process.AnswersAsync(server.UrlOf(system.ReadyPath));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The port that a connection goes to.</summary>
    public int PortOf(Opening opening) => opening.IsSecondPort ? _secondPort : _port;

    /// <summary>What it has used so far.</summary>
    public ServerUse ReadUse() => new(_process.CpuMilliseconds(), _process.MemoryKilobytes(), Environment.CpuUsage.TotalTime.TotalMilliseconds);

    /// <summary>What its garbage collector has done so far; null where it does not say. The answer costs the server something.</summary>
    public async Task<GcUse?> ReadGcAsync() => _hasMetrics ? GcUse.Read(await _http.GetStringAsync(UrlOf("/metrics"))) : null;

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private Uri UrlOf(string path) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}{path}"));
}
