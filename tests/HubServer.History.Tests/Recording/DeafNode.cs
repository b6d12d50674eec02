using System.Net;
using System.Net.Sockets;

namespace HubServer.History.Tests.Recording;

/// <summary>Takes connections and hangs up once a request is under way, or never says anything.</summary>
internal sealed class DeafNode : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DeafNode(bool hangsUp)
    {
        _listener.Start();
        Url = new Uri($"http://{_listener.LocalEndpoint}");
        Serving = ServeAsync(hangsUp);
    }

    public Uri Url { get; }

    /// <summary>Ends when a first request is under way.</summary>
    public Task Heard => _heard.Task;

    private Task Serving { get; }

    public void Dispose()
    {
        _listener.Dispose();
        _sockets.ForEach(socket => socket.Dispose());
    }

    private async Task ServeAsync(bool hangsUp)
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                _sockets.Add(socket);
                await socket.ReceiveAsync(new byte[16]);
                _heard.TrySetResult();
                if (hangsUp)
                    socket.Dispose();
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
