using System.Net;
using System.Net.Sockets;

namespace HubServer.Fixtures.Proxying;

/// <summary>One client's connection through a proxy: two sockets and what flows between them both ways, until its end.</summary>
internal sealed class FaultyConnection : IDisposable
{
    private readonly LinkState _link;
    private readonly Socket _client;
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly FaultyFlow _toServer;
    private readonly FaultyFlow _toClient;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isClosing;
    private int _lost;

    /// <param name="client">The client's socket, which becomes the connection's own.</param>
    /// <param name="link">What it shares with the others.</param>
    /// <param name="seed">What it draws its pieces and its jitter from.</param>
    public FaultyConnection(Socket client, LinkState link, int seed)
    {
        client.NoDelay = true;
        (_client, _link) = (client, link);
        _toServer = new FaultyFlow(this, Direction.ToServer, link, seed);
        _toClient = new FaultyFlow(this, Direction.ToClient, link, seed + 1, new MessageFilter(link.Messages));
    }

    /// <summary>The ways that have swallowed something, and so have to swallow all that follows: a stream has no holes.</summary>
    public Direction Lost => (Direction)Volatile.Read(ref _lost);

    public Socket From(Direction direction) => direction == Direction.ToServer ? _client : _server;

    public Socket To(Direction direction) => direction == Direction.ToServer ? _server : _client;

    /// <summary>Connects to the server and lets everything flow until both sides have ended, or it was reset.</summary>
    public async Task RunAsync(EndPoint target)
    {
        try
        {
            await _server.ConnectAsync(target, _stop.Token);
            await Task.WhenAll(_toServer.RunAsync(_stop.Token), _toClient.RunAsync(_stop.Token));

            // Where an end was swallowed, the other side does not know of it and is still connected.
            if (Lost == Direction.None)
                Close(isReset: false);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server refused it, or it was reset meanwhile.
            Close(isReset: true);
        }

        await _closed.Task;
    }

    /// <summary>Whether what comes this way is swallowed now. The connection is then lost, and reset when the black hole ends.</summary>
    public bool Swallows(Direction direction, int bytes)
    {
        if (!Lost.HasFlag(direction) && !_link.BlackHole.HasFlag(direction))
            return false;
        Interlocked.Or(ref _lost, (int)direction);
        _link.CountSwallowed(bytes);

        // Whoever ends the black hole resets the lost connections; this one may have been lost only after that.
        if (!_link.BlackHole.HasFlag(direction))
            Close(isReset: true);
        return true;
    }

    /// <summary>Ends it at once, as if both sides had been switched off.</summary>
    public void Reset() => Close(isReset: true);

    public void Dispose()
    {
        Close(isReset: true);
        _stop.Dispose();
    }

    private void Close(bool isReset)
    {
        if (Interlocked.Exchange(ref _isClosing, 1) != 0)
            return;
        foreach (var socket in (Socket[])[_client, _server])
        {
            // A close without time to linger is a reset.
            if (isReset)
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Dispose();
        }

        _stop.Cancel();
        _closed.SetResult();
    }
}
