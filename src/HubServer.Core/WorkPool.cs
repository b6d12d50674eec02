namespace HubServer.Core;

/// <summary>
/// Where the engine's work items run: the thread pool. A test gives its own, so that every order of the work can be
/// tried and repeated.
/// </summary>
public sealed class WorkPool(Action<IThreadPoolWorkItem>? post = null)
{
    private readonly Action<IThreadPoolWorkItem> _post = post ?? (static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false));

    /// <summary>Runs the item soon, on another stack.</summary>
    public void Post(IThreadPoolWorkItem item) => _post(item);
}
