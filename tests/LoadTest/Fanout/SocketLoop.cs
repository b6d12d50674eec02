using System.Collections.Concurrent;

namespace HubServer.LoadTest.Fanout;

/// <summary>The one thread that receives from all connections, into one buffer.</summary>
internal sealed class SocketLoop : IDisposable
{
    private const int BufferBytes = 4 << 20; // More than the largest item, of which a cut part is held.
    private const int AtOnce = 512;
    private const int OrdersEveryMs = 5;

    private readonly Epoll _epoll = new();
    private readonly Dictionary<int, LoadSocket> _sockets = []; // The loop's thread alone uses it.
    private readonly ConcurrentQueue<Action> _orders = new();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly Thread _thread;
    private volatile bool _isStopped;

    public SocketLoop()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "sockets" };
        _thread.Start();
    }

    /// <summary>Runs something on the loop's thread, where connections and what they count are at rest.</summary>
    public Task RunAsync(Action action) => ReadAsync(() =>
    {
        action();
        return true;
    });

    /// <summary>Reads something on the loop's thread.</summary>
    public Task<T> ReadAsync<T>(Func<T> read)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _orders.Enqueue(() =>
        {
            try
            {
                done.SetResult(read());
            }
            catch (Exception failure) when (failure is System.Net.Sockets.SocketException or InvalidOperationException)
            {
                done.SetException(failure);
            }
        });
        return done.Task;
    }

    /// <summary>Begins to receive from connections; on the loop's thread.</summary>
    public void Watch(LoadSocket socket)
    {
        var key = (int)socket.Socket.Handle;
        _sockets.Add(key, socket);
        _epoll.Watch(socket.Socket, key);
    }

    /// <summary>Receives from a connection no longer; on the loop's thread.</summary>
    public void Forget(LoadSocket socket)
    {
        if (_sockets.Remove((int)socket.Socket.Handle))
            _epoll.Forget(socket.Socket);
    }

    /// <summary>Receives a little from a connection that is not watched; on the loop's thread.</summary>
    public void ReceiveSome(LoadSocket socket, int most) => socket.ReceiveSome(_buffer, most);

    public void Dispose()
    {
        _isStopped = true;
        _thread.Join();
        _epoll.Dispose();
    }

    private void Run()
    {
        var keys = new int[AtOnce];
        while (!_isStopped)
        {
            while (_orders.TryDequeue(out var order))
                order();
            var count = _epoll.Wait(keys, OrdersEveryMs);
            for (var i = 0; i < count; i++)
                Receive(_sockets[keys[i]]);
        }
    }

    private void Receive(LoadSocket socket)
    {
        // Read once for each: a row is late by what was done before it, too.
        socket.Tally.Now = Stamp.Now();
        if (socket.Receive(_buffer))
            return;
        socket.Tally.Closed++;
        Forget(socket);
    }
}
