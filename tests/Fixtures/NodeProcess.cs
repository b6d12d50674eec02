using System.Net;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using HubServer.Fixtures.Processes;

namespace HubServer.Fixtures;

/// <summary>The built program as a process of its own: a server by itself, or a node of a cluster that fails and comes back.</summary>
public sealed partial class NodeProcess : IAsyncDisposable
{
    private const int Attempts = 5;
    private const string AnyPort = "http://127.0.0.1:0";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly string Program = ReadProgram();

    private readonly HttpClient _http = new() { Timeout = Deadline };
    private readonly Dictionary<string, string> _options;
    private readonly string[] _arguments;
    private string _earlierOutput = "";
    private ChildProcess _process;
    private Uri? _url;

    private NodeProcess(IReadOnlyDictionary<string, string> options, string[] arguments, string url)
    {
        (_options, _arguments) = (new(options), arguments);
        _process = Launch(url);
    }

    /// <summary>Its address, which stays the same once it was live.</summary>
    public Uri Url => _url ?? throw new InvalidOperationException("it was never live");

    public bool HasEnded => _process.HasEnded;

    /// <summary>What it printed, since it was first started.</summary>
    public string Output => _earlierOutput + _process.Output;

    /// <summary>Starts the program on any free port, without waiting: it may find something wrong and end.</summary>
    public static NodeProcess Start(params string[] arguments) => new(new Dictionary<string, string>(), arguments, AnyPort);

    /// <summary>Starts a node on a port that it can come back to, and waits until it is live.</summary>
    /// <param name="options">Variables of its environment, e.g. <c>HubServer__Node</c> with <c>a</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<NodeProcess> StartAsync(IReadOnlyDictionary<string, string> options, params string[] arguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            var node = new NodeProcess(options, arguments, $"http://127.0.0.1:{FreePort.Find()}");
            try
            {
                await node.UrlAsync();
                return node;
            }
            catch (InvalidOperationException) when (attempt < Attempts && node.Output.Contains("Another program listens there", StringComparison.Ordinal))
            {
                // Somebody took the port meanwhile.
                await node.DisposeAsync();
            }
            catch
            {
                await node.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>The address that it prints for people, once it does.</summary>
    public async Task<Uri> UrlAsync()
    {
        if (_url is not null)
            return _url;
        await WaitUntilLiveAsync();
        return _url = new Uri(PrintedUrl().Match(_process.Output).Groups[1].Value);
    }

    /// <summary>What <c>/api/status</c> says.</summary>
    public async Task<JsonDocument> StatusAsync(CancellationToken cancellationToken = default) =>
        JsonDocument.Parse(await _http.GetStringAsync(new Uri(Url, "/api/status"), cancellationToken));

    /// <summary>What <c>/metrics</c> says; its exporter answers from a cache for a moment, so wait for what shall be there.</summary>
    public async Task<MetricSamples> MetricsAsync(CancellationToken cancellationToken = default) =>
        MetricSamples.Parse(await _http.GetStringAsync(new Uri(Url, "/metrics"), cancellationToken));

    /// <summary>What <c>/readyz</c> says.</summary>
    public async Task<(HttpStatusCode Status, string Body)> ReadyAsync(CancellationToken cancellationToken = default)
    {
        using var response = await _http.GetAsync(new Uri(Url, "/readyz"), cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>Stops it where it is (SIGSTOP): its connections stay open and nothing answers.</summary>
    public Task PauseAsync() => _process.PauseAsync();

    /// <summary>Lets it go on after <see cref="PauseAsync"/>.</summary>
    public Task ContinueAsync() => _process.ContinueAsync();

    /// <summary>Asks it at once to stop, as an operating system or an orchestrator does (SIGTERM), and waits until it has.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> TerminateAsync(TimeSpan? deadline = null)
    {
        _process.Terminate();
        return ExitAsync(deadline ?? Deadline);
    }

    /// <summary>Ends it at once (SIGKILL).</summary>
    public Task KillAsync() => _process.KillAsync();

    /// <summary>Starts it again with the same options at the same address, and waits until it is live; one that still runs is asked to stop before.</summary>
    public async Task RestartAsync()
    {
        var url = await UrlAsync();
        await TerminateAsync();
        _earlierOutput = Output + '\n';
        await _process.DisposeAsync();
        _process = Launch(url.GetLeftPart(UriPartial.Authority));
        await WaitUntilLiveAsync();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> ExitAsync(TimeSpan deadline, CancellationToken cancellationToken = default) => _process.ExitAsync(deadline, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _http.Dispose();
    }

    private static string ReadProgram() =>
        typeof(NodeProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "Program").Value
            ?? throw new InvalidOperationException("the build says where the program is");

    // The last address of several counts for the program, so that a test's own does when it is first started.
    private ChildProcess Launch(string url) => ChildProcess.Start(
        "dotnet", _url is null ? [Program, "--urls", url, .. _arguments] : [Program, .. _arguments, "--urls", url], _options);

    private async Task WaitUntilLiveAsync()
    {
        var process = _process;
        await Wait.Eventually(() => process.HasEnded || PrintedUrl().IsMatch(process.Output), "the program prints its address", () => Output);
        if (process.HasEnded)
            throw new InvalidOperationException($"the program ended instead of being live; its output:\n{Output}");
    }

    [GeneratedRegex(@"live at (http://127\.0\.0\.1:\d+)")]
    private static partial Regex PrintedUrl();
}
