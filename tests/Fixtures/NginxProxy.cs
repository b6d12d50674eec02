using System.Net;
using System.Reflection;
using HubServer.Fixtures.Processes;

namespace HubServer.Fixtures;

/// <summary>
/// Debian's nginx with deploy/nginx/hubserver.conf before some nodes, as an operator runs it, but in the foreground, on a
/// free port and with every file in a folder of its own.
/// </summary>
public sealed class NginxProxy : IAsyncDisposable
{
    private const int Attempts = 5;
    private const UnixFileMode ReadableByAll = (UnixFileMode)0b111_101_101;
    private static readonly string Program = Environment.GetEnvironmentVariable("NGINX") ?? "/usr/sbin/nginx";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hubserver-nginx-");
    private readonly Uri[] _nodes;
    private ChildProcess? _process;
    private int _port;

    private NginxProxy(Uri[] nodes)
    {
        _nodes = nodes;
        // nginx that root starts works as another user, who has to get at the bodies that it keeps here.
        if (!OperatingSystem.IsWindows())
            _folder.UnixFileMode = ReadableByAll;
    }

    /// <summary>Where clients go.</summary>
    public Uri Url => new($"http://{IPAddress.Loopback}:{_port}");

    /// <summary>What it printed.</summary>
    public string Output => _process?.Output ?? "";

    /// <summary>Starts nginx before these nodes, which need not run yet.</summary>
    public static async Task<NginxProxy> StartAsync(params Uri[] nodes)
    {
        var proxy = new NginxProxy(nodes);
        try
        {
            await proxy.StartAsync();
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _folder.Delete(recursive: true);
    }

    private async Task StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            _port = FreePort.Find();
            await File.WriteAllTextAsync(PathOf("site.conf"), Site());
            await File.WriteAllTextAsync(PathOf("nginx.conf"), Frame());
            var process = _process = ChildProcess.Start(Program, ["-e", "stderr", "-p", _folder.FullName, "-c", "nginx.conf"]);

            // nginx writes its id once it listens; that somebody listens on the port says less.
            await Wait.Eventually(() => process.HasEnded || File.Exists(PathOf("pid")), "nginx listens", () => Output);
            if (!process.HasEnded)
                return;
            if (attempt == Attempts || !Output.Contains("Address already in use", StringComparison.Ordinal))
                throw new InvalidOperationException($"nginx ended at once; its output:\n{Output}");
            await EndAsync();
        }
    }

    private async Task EndAsync()
    {
        if (_process is { } process)
            await process.DisposeAsync();
        _process = null;
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private string Site()
    {
        var folder = typeof(NginxProxy).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "NginxSites").Value ?? "";
        var text = File.ReadAllText(Path.Combine(folder, "hubserver.conf"));
        text = ReplaceOnce(text, "listen 80;", $"listen {IPAddress.Loopback}:{_port};");
        return ReplaceOnce(text, "server 127.0.0.1:5080 max_fails=0;", string.Join("\n    ", _nodes.Select(node => $"server {node.Authority} max_fails=0;")));
    }

    /// <summary>What an operator's nginx.conf has around the site.</summary>
    private string Frame()
    {
        string[] temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        return $$"""
            daemon off;
            worker_processes 1;
            pid {{PathOf("pid")}};
            {{(Environment.IsPrivilegedProcess ? "user www-data;" : "")}}
            events {}
            http {
              access_log off;
              {{string.Join("\n  ", temporary.Select(name => $"{name}_temp_path {PathOf(name)};"))}}
              include {{PathOf("site.conf")}};
            }
            """;
    }

    /// <summary>Replaces what has to be there exactly once, so that a change of the site cannot pass by the tests.</summary>
    private static string ReplaceOnce(string text, string from, string to) => text.Split(from).Length == 2
        ? text.Replace(from, to, StringComparison.Ordinal)
        : throw new InvalidOperationException($"'{from}' is not there exactly once");
}
