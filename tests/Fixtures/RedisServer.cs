using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HubServer.Fixtures.Processes;
using HubServer.Fixtures.Resp;
using StackExchange.Redis;

namespace HubServer.Fixtures;

/// <summary>A real redis-server on a free port with a folder of its own, which goes with it.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const int Attempts = 5;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hubserver-redis-");
    private readonly string[] _settings;
    private readonly SemaphoreSlim _turn = new(1);

    // Opened with the first command and with the next one after the server ended it; used by whoever has the turn.
    private CommandConnection? _commands;
    private ChildProcess? _process;

    private RedisServer(string[] settings) => _settings = settings;

    /// <summary>Its port of 127.0.0.1, which stays the same.</summary>
    public int Port { get; private set; }

    /// <summary>What it printed since it was last started.</summary>
    public string Output => _process?.Output ?? "";

    /// <summary>How a client connects; it keeps trying.</summary>
    public ConfigurationOptions Options => OptionsFor(Port);

    /// <summary>Starts a server that keeps nothing on disk unless the settings say so: <c>"save", "60 1"</c>.</summary>
    /// <param name="settings">Names and values of redis.conf by turns; a value is split at its spaces.</param>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        var server = new RedisServer(settings);
        try
        {
            await server.StartFirstAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server that is a replica from the start; it may not be in sync yet.</summary>
    /// <param name="host">Where its primary is, or a proxy before it.</param>
    /// <param name="port">The port there.</param>
    /// <param name="settings">As for <see cref="StartAsync"/>.</param>
    public static Task<RedisServer> StartReplicaOfAsync(string host, int port, params string[] settings) =>
        StartAsync(["replicaof", Invariant($"{host} {port}"), .. settings]);

    /// <summary>
    /// Starts it again where it was, with what it kept on disk. What was set while it ran is gone, also whose replica it
    /// was; settings given here hold until its next end, e.g. <c>"replicaof", "127.0.0.1 6379"</c>.
    /// </summary>
    public async Task StartAgainAsync(params string[] settings)
    {
        if (!await TryStartAsync(settings))
            throw new InvalidOperationException($"redis-server ended at once on port {Port}: {Output}");
    }

    /// <summary>How a client connects through a proxy on this port; it keeps trying.</summary>
    public static ConfigurationOptions OptionsFor(int port) => new()
    {
        EndPoints = { { IPAddress.Loopback, port } },
        AbortOnConnectFail = false,
        AllowAdmin = true,
        Protocol = RedisProtocol.Resp3,
        ReconnectRetryPolicy = new LinearRetry(100),
    };

    public async Task<ConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.ConnectAsync(Options);

    /// <summary>Sends a command over a connection of the tests' own, also to a replica, and gives its reply; an error reply is thrown.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        using var deadline = new CancellationTokenSource(Deadline, TimeProvider.System);
        await _turn.WaitAsync(deadline.Token);
        try
        {
            // The server may have ended it, and been started again since.
            if (_commands is { IsOpen: false })
                CloseCommands();
            _commands ??= await CommandConnection.OpenAsync(Port, deadline.Token);
            return await _commands.ExecuteAsync(command, arguments, deadline.Token);
        }
        catch (Exception failure) when (failure is not RedisServerException)
        {
            // A reply that comes late would be taken for that of the next command.
            CloseCommands();
            if (failure is OperationCanceledException)
                throw new TimeoutException($"redis-server on port {Port} did not answer {command} within {Deadline.TotalSeconds} s", failure);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Changes a setting while it runs.</summary>
    public async Task ConfigAsync(string key, string value) => await ExecuteAsync("CONFIG", "SET", key, value);

    /// <summary>The fields of a section of INFO by name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> InfoAsync(string section)
    {
        var text = (string?)await ExecuteAsync("INFO", section) ?? "";
        return text.Split("\r\n").Where(line => !line.StartsWith('#')).Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);
    }

    /// <summary>How often a command was called, since the server began or its statistics were reset.</summary>
    public async Task<int> CallsAsync(string command) =>
        (await InfoAsync("commandstats")).TryGetValue($"cmdstat_{command}", out var line)
            ? int.Parse(line.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture)
            : 0;

    /// <summary>Gives its history another name, as a failover without loss does.</summary>
    public async Task ChangeHistoryAsync()
    {
        await ReplicaOfAsync("127.0.0.1", 1);
        await PromoteAsync();
    }

    /// <summary>Makes it a replica while it runs; it may not be in sync yet.</summary>
    public async Task ReplicaOfAsync(string host, int port) => await ExecuteAsync("REPLICAOF", host, port);

    /// <summary>Makes it a primary, with the data that it has.</summary>
    public async Task PromoteAsync() => await ExecuteAsync("REPLICAOF", "NO", "ONE");

    /// <summary>Whether it is a replica that has all that the primary had when it was asked.</summary>
    public async Task<bool> IsReplicaInSyncAsync(RedisServer primary)
    {
        // The primary first: it may go on while the replica is asked.
        var theirs = await primary.InfoAsync("replication");
        var own = await InfoAsync("replication");
        return own["role"] == "slave" && own["master_link_status"] == "up" && own["master_replid"] == theirs["master_replid"]
            && Offset(own["slave_repl_offset"]) >= Offset(theirs["master_repl_offset"]);
    }

    /// <summary>Stops it where it is (SIGSTOP): its connections stay open and nothing answers.</summary>
    public Task StopAsync() => Running().PauseAsync();

    /// <summary>Lets it go on after <see cref="StopAsync"/>.</summary>
    public Task ContinueAsync() => Running().ContinueAsync();

    /// <summary>Ends it in order, with its data on disk or without.</summary>
    public async Task ShutdownAsync(bool save = false)
    {
        var process = Running();
        try
        {
            await ExecuteAsync("SHUTDOWN", save ? "SAVE" : "NOSAVE");
        }
        catch (Exception ended) when (ended is IOException or SocketException)
        {
            // It obeys without an answer.
        }

        await process.ExitAsync(Deadline);
        await KillAsync();
    }

    /// <summary>Ends it at once, without a last word to the disk.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
            await process.DisposeAsync();
        _process = null;
    }

    /// <summary>Removes what it kept on disk.</summary>
    public void Wipe()
    {
        foreach (var entry in _folder.EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo folder)
                folder.Delete(recursive: true);
            else
                entry.Delete();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        CloseCommands();
        _turn.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Somebody else may take the port before the server does; then it ends at once, and tries another.</summary>
    private async Task StartFirstAsync()
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            Port = FreePort.Find();
            if (await TryStartAsync([]))
                return;
        }

        throw new InvalidOperationException($"redis-server ended at once, {Attempts} times: {Output}");
    }

    private async Task<bool> TryStartAsync(string[] settings)
    {
        await KillAsync();
        string[] all = [.. _settings, .. settings];
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder.FullName, "--daemonize", "no",
            // Otherwise a replica waits five seconds for another one before it gets its data.
            "--repl-diskless-sync-delay", "0",
            .. all.Contains("save") ? [] : (string[])["--save", ""],
            .. all.Chunk(2).SelectMany(pair => (string[])[$"--{pair[0]}", .. pair[1].Split(' ')]),
        ];
        var process = _process = ChildProcess.Start("redis-server", arguments);
        await Wait.Eventually(async () => process.HasEnded || await AnswersAsync(process.Id), $"redis-server answers on port {Port}", () => Output);
        return !process.HasEnded;
    }

    /// <summary>Whether this server, and no other one that has taken its port, answers and has loaded its data.</summary>
    private async Task<bool> AnswersAsync(int process)
    {
        using var deadline = new CancellationTokenSource(AnswerDeadline, TimeProvider.System);
        var wanted = Invariant($"process_id:{process}\r\n");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, deadline.Token);
            await client.GetStream().WriteAsync("PING\r\nINFO server\r\nQUIT\r\n"u8.ToArray(), deadline.Token);
            using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
            var answer = await reader.ReadToEndAsync(deadline.Token);
            return answer.StartsWith("+PONG", StringComparison.Ordinal) && answer.Contains(wanted, StringComparison.Ordinal);
        }
        catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private ChildProcess Running() => _process ?? throw new InvalidOperationException("the server does not run");

    private void CloseCommands()
    {
        _commands?.Dispose();
        _commands = null;
    }

    private static long Offset(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
