namespace HubServer.Core;

/// <summary>
/// Where the engine's work items run: the thread pool. A test gives its own, so that every order of the work can be
/// tried and repeated.
/// </summary>
public sealed class WorkPool(Action<IThreadPoolWorkItem>? post = null, int? workers = null, Action? interleaved = null)
{
    private readonly Action<IThreadPoolWorkItem> _post = post ?? (static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false));

    /// <summary>The work items of one long task that may run at once: one for each core.</summary>
    public int Workers { get; } = workers ?? Environment.ProcessorCount;

    /// <summary>Runs the item soon, on another stack.</summary>
    public void Post(IThreadPoolWorkItem item) => _post(item);

    /// <summary>
    /// A place between two steps whose order matters, where another thread's work may fall. Does nothing, except in a
    /// test on one thread, which has no other way to let work fall there.
    /// </summary>
    internal void Interleave() => interleaved?.Invoke();
}
