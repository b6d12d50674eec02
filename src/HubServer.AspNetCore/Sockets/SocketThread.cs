namespace HubServer.AspNetCore.Sockets;

/// <summary>
/// The thread that a socket's bytes arrive at, in a host that has them handled there. It is one of few, and what it does
/// keeps other sockets waiting.
/// </summary>
internal static class SocketThread
{
    /// <summary>A message that is handled in well under a millisecond; a longer one leaves the thread.</summary>
    public const int SmallBytes = 16 << 10;

    /// <summary>Goes on in the thread pool.</summary>
    public static async ValueTask LeaveAsync()
    {
        if (!Thread.CurrentThread.IsThreadPoolThread)
            await Task.Yield();
    }
}
