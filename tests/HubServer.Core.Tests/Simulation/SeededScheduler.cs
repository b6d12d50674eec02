namespace HubServer.Core.Tests.Simulation;

/// <summary>
/// One thread's work: the engine's work items and every continuation, the next one drawn by a seeded random. Same
/// seed, same order.
/// </summary>
internal sealed class SeededScheduler : SynchronizationContext
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<(SendOrPostCallback Run, object? State)> _ready = [];
    private readonly Random _random;

    public SeededScheduler(int seed)
    {
        _random = new Random(seed);
        Work = new WorkPool(item => Post(static state => ((IThreadPoolWorkItem)state!).Execute(), item), workers: 2, interleaved: () => Interleaved?.Invoke());
    }

    public WorkPool Work { get; }

    /// <summary>What may fall between two steps of the engine, as another thread's work would.</summary>
    public Action? Interleaved { get; set; }

    public int Ran { get; private set; }

    public bool IsIdle => _ready.Count == 0;

    /// <summary>What escaped to another thread, which a replay could not repeat.</summary>
    public string? Escaped { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        RequireThread();
        _ready.Add((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing may block on another stack");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs at most so many items of work.</summary>
    public void Run(int most)
    {
        for (var i = 0; i < most && _ready.Count > 0; i++)
        {
            var chosen = _random.Next(_ready.Count);
            var (run, state) = _ready[chosen];
            _ready[chosen] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            Ran++;
            run(state);
            RequireThread();
        }
    }

    private void RequireThread()
    {
        if (Environment.CurrentManagedThreadId == _thread)
            return;
        Escaped ??= Environment.StackTrace;
        throw new InvalidOperationException("work of the simulation ran on another thread");
    }
}
