namespace HubServer.Core;

/// <summary>
/// Where the engine's work items run: the thread pool. A test gives its own, so that every order of the work can be
/// tried and repeated.
/// </summary>
public sealed class WorkPool(Action<IThreadPoolWorkItem>? post = null, int? workers = null)
{
    private readonly Action<IThreadPoolWorkItem> _post = post ?? (static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false));

    /// <summary>The work items of one long task that may run at once: one for each core.</summary>
    public int Workers { get; } = workers ?? Environment.ProcessorCount;

    /// <summary>Runs the item soon, on another stack.</summary>
    public void Post(IThreadPoolWorkItem item) => _post(item);
}
