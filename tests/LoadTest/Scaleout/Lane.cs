namespace HubServer.LoadTest.Scaleout;

/// <summary>Requests of which one is in flight at a time.</summary>
internal sealed class Lane(Request[] requests)
{
    private TaskCompletionSource? _call; // Set by the sender before it sends, completed by the reader.
    private int _next;

    /// <summary>How many there are.</summary>
    public int Count => requests.Length;

    /// <summary>The rows of the request in flight.</summary>
    public int Rows { get; private set; }

    /// <summary>The request that is due.</summary>
    public Request Next()
    {
        var request = requests[_next];
        _next = (_next + 1) % requests.Length;
        Rows = request.Rows;
        return request;
    }

    /// <summary>Ends with the answer to the request that is sent next.</summary>
    public Task BeginCall()
    {
        _call = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _call.Task;
    }

    public void EndCall() => _call?.TrySetResult();

    public void Fail(Exception failure) => _call?.TrySetException(failure);
}
