using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HubServer.Fixtures.Processes;

/// <summary>A program that a test started: what it printed, its signals and its end. The end of the test program is also its own.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int MaxLines = 10_000;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ChildProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>The newest lines that it printed.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts a program with the environment of the tests and these variables besides.</summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var child = new ChildProcess(start);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += child.OnTestsEnd;
        return child;
    }

    /// <summary>Asks it to end, as an operating system or an orchestrator does.</summary>
    public void Terminate() => Send(Signal.Terminate);

    /// <summary>Stops it where it is: its sockets stay open and nothing answers. Returns once it stands still.</summary>
    public async Task PauseAsync()
    {
        Send(Signal.Stop);
        await Wait.Eventually(() => HasEnded || State() == 'T', $"process {Id} stands still");
    }

    /// <summary>Lets it go on. Returns once it does.</summary>
    public async Task ContinueAsync()
    {
        Send(Signal.Continue);
        await Wait.Eventually(() => HasEnded || State() != 'T', $"process {Id} goes on");
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(deadline, TimeProvider.System, cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Ends it at once with all that it started, also where it stands still.</summary>
    public async Task KillAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        AppDomain.CurrentDomain.ProcessExit -= OnTestsEnd;
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        // Null says that the pipe has ended.
        if (line is null)
            return;
        _output.Enqueue(line);
        while (_output.Count > MaxLines)
            _output.TryDequeue(out _);
    }

    private void OnTestsEnd(object? sender, EventArgs e) => Kill();

    // One that has ended already is passed over.
    private void Kill() => _process.Kill(entireProcessTree: true);

    private void Send(Signal signal)
    {
        if (!HasEnded && SendSignal(Id, (int)signal) != 0 && !HasEnded)
            throw new InvalidOperationException($"process {Id} does not take the signal {signal}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>The state's letter, behind the name in parentheses: <c>4711 (redis-server) T 1 ...</c></summary>
    private char State()
    {
        try
        {
            var text = File.ReadAllText($"/proc/{Id}/stat");
            return text[text.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return '-';
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
