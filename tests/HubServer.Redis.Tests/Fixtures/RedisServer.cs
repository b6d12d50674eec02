using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HubServer.Fixtures;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Fixtures;

/// <summary>A real redis-server on a free port with a folder of its own, which goes with it.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly string[] _settings;
    private Process? _process;

    private RedisServer(int port, DirectoryInfo folder, string[] settings)
    {
        Port = port;
        _folder = folder;
        _settings = settings;
    }

    public int Port { get; }

    /// <summary>How a client connects; it keeps trying.</summary>
    public ConfigurationOptions Options => new()
    {
        EndPoints = { { IPAddress.Loopback, Port } },
        AbortOnConnectFail = false,
        AllowAdmin = true,
        Protocol = RedisProtocol.Resp3,
        ReconnectRetryPolicy = new LinearRetry(100),
    };

    /// <summary>Starts a server that keeps nothing on disk unless the settings say so: <c>"save", "60 1"</c>.</summary>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        var server = new RedisServer(FreePort(), Directory.CreateTempSubdirectory("hubserver-redis-"), settings);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it again where it was, with what it kept on disk.</summary>
    public async Task StartAgainAsync()
    {
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder.FullName, "--daemonize", "no",
            .. _settings.Contains("save") ? [] : (string[])["--save", ""],
            .. _settings.Chunk(2).SelectMany(pair => (string[])[$"--{pair[0]}", pair[1]]),
        ];
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException("redis-server did not start");
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Wait.Eventually(AnswersAsync, $"redis-server answers on port {Port}");
    }

    public async Task<ConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.ConnectAsync(Options);

    /// <summary>Ends it at once, without a last word to the disk.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>Removes what it kept on disk.</summary>
    public void Wipe()
    {
        foreach (var file in _folder.EnumerateFiles())
            file.Delete();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
            var answer = new byte[16];
            var read = await client.GetStream().ReadAsync(answer);
            return answer.AsSpan(0, read).StartsWith("+PONG"u8);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
