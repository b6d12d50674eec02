using System.Net;
using System.Net.Sockets;
using HubServer.Fixtures.Proxying;

namespace HubServer.Fixtures;

/// <summary>
/// A TCP proxy before a server, which does to its clients what networks do; everything can be changed while connections
/// are open. It knows the protocol of Redis well enough to lose single messages of a subscriber, and lets any other pass.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private const int Backlog = 512;

    private readonly Lock _gate = new();
    private readonly LinkState _link = new();
    private readonly int _seed;

    // Bound but never listening, so that the port stays the proxy's own while it is down, and refuses.
    private readonly Socket _reservation = NewSocket();

    // Each with its task; under _gate.
    private readonly Dictionary<FaultyConnection, Task> _connections = [];

    // Null while it is down; changed under _gate.
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private volatile EndPoint _target;
    private int _accepted;

    private FaultProxy(EndPoint target, int seed)
    {
        (_target, _seed) = (target, seed);
        _reservation.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    /// <summary>Its port of 127.0.0.1, which stays the same.</summary>
    public int Port => ((IPEndPoint?)_reservation.LocalEndPoint)?.Port ?? 0;

    /// <summary>Where new connections go; those that are open stay where they are.</summary>
    public EndPoint Target
    {
        get => _target;
        set => _target = value;
    }

    /// <summary>Whether new connections are refused. Becoming so resets those that are open.</summary>
    public bool IsDown
    {
        get => _listener is null;
        set => SetDown(value);
    }

    /// <summary>How late, slow and cut up it is from the clients to the server.</summary>
    public LinkConditions ToServer
    {
        get => _link.Conditions(Direction.ToServer);
        set => _link.SetConditions(Direction.ToServer, value);
    }

    /// <summary>How late, slow and cut up it is from the server to the clients.</summary>
    public LinkConditions ToClient
    {
        get => _link.Conditions(Direction.ToClient);
        set => _link.SetConditions(Direction.ToClient, value);
    }

    /// <summary>
    /// The ways on which everything vanishes: bytes, what was on its way, and also the end of a connection, so that one
    /// side may be gone while the other waits. Connections are still accepted. When a way is opened again, connections
    /// that lost something on it are reset, since a stream with a hole would be no TCP.
    /// </summary>
    public Direction BlackHole
    {
        get => _link.BlackHole;
        set
        {
            var opened = _link.ExchangeBlackHole(value) & ~value;
            foreach (var connection in Connections())
            {
                if ((connection.Lost & opened) != Direction.None)
                    connection.Reset();
            }
        }
    }

    /// <summary>How many connections were accepted so far.</summary>
    public int AcceptedConnections => Volatile.Read(ref _accepted);

    /// <summary>How many connections are open.</summary>
    public int OpenConnections => Connections().Length;

    /// <summary>How many bytes went on to the server.</summary>
    public long BytesToServer => _link.Bytes(Direction.ToServer);

    /// <summary>How many bytes went on to the clients.</summary>
    public long BytesToClient => _link.Bytes(Direction.ToClient);

    /// <summary>How many bytes vanished in black holes.</summary>
    public long BytesSwallowed => _link.BytesSwallowed;

    /// <summary>How many messages were dropped.</summary>
    public long MessagesDropped => _link.Messages.Dropped;

    /// <summary>Starts a proxy before a server, which need not run yet.</summary>
    /// <param name="host">The server's host.</param>
    /// <param name="port">The server's port.</param>
    /// <param name="seed">What jitter and pieces are drawn from.</param>
    public static FaultProxy Start(string host, int port, int seed = 1)
    {
        var proxy = new FaultProxy(new DnsEndPoint(host, port), seed);
        proxy.SetDown(false);
        return proxy;
    }

    /// <summary>Resets every open connection, on both sides; new ones are accepted.</summary>
    public void DropConnections()
    {
        foreach (var connection in Connections())
            connection.Reset();
    }

    /// <summary>Drops the next message of a channel.</summary>
    /// <returns>The message, once it was dropped.</returns>
    public Task<PubSubMessage> DropNextMessage(string channel) => DropNextMessage(message => message.Channel == channel);

    /// <summary>Drops the next message for which the condition holds, on whichever connection it comes; one, however many subscribers it goes to.</summary>
    /// <returns>The message, once it was dropped; cancelled with the proxy's end.</returns>
    public Task<PubSubMessage> DropNextMessage(Predicate<PubSubMessage> which) => _link.Messages.Arm(MessageFaultKind.Drop, which);

    /// <summary>Delivers the next message of a channel twice.</summary>
    /// <returns>The message, once it was sent twice.</returns>
    public Task<PubSubMessage> DuplicateNextMessage(string channel) => DuplicateNextMessage(message => message.Channel == channel);

    /// <summary>Delivers the next message for which the condition holds twice, on whichever connection it comes.</summary>
    /// <returns>The message, once it was sent twice; cancelled with the proxy's end.</returns>
    public Task<PubSubMessage> DuplicateNextMessage(Predicate<PubSubMessage> which) => _link.Messages.Arm(MessageFaultKind.Duplicate, which);

    /// <summary>Delivers the next message of a channel after the one that follows it.</summary>
    /// <returns>The message, once it was sent.</returns>
    public Task<PubSubMessage> HoldNextMessage(string channel) => HoldNextMessage(message => message.Channel == channel);

    /// <summary>
    /// Keeps back the next message for which the condition holds until another one of its channel was delivered on its
    /// connection, or the server ends that.
    /// </summary>
    /// <returns>The message, once it was sent; cancelled with the end of its connection or the proxy's.</returns>
    public Task<PubSubMessage> HoldNextMessage(Predicate<PubSubMessage> which) => _link.Messages.Arm(MessageFaultKind.Hold, which);

    public async ValueTask DisposeAsync()
    {
        SetDown(true);
        Task[] ending;
        lock (_gate)
            ending = [_accepting, .. _connections.Values];
        await Task.WhenAll(ending);
        _link.Messages.Cancel();
        _reservation.Dispose();
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private void SetDown(bool isDown)
    {
        lock (_gate)
        {
            if (isDown == _listener is null)
                return;
            _listener?.Dispose();
            _listener = isDown ? null : Listen();
            if (_listener is { } listener)
                _accepting = AcceptAsync(listener);
        }

        if (isDown)
            DropConnections();
    }

    private Socket Listen()
    {
        var listener = NewSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen(Backlog);
        return listener;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
                Serve(await listener.AcceptAsync());
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // It went down.
        }
    }

    private void Serve(Socket client)
    {
        lock (_gate)
        {
            if (_listener is null)
            {
                client.LingerState = new LingerOption(enable: true, seconds: 0);
                client.Dispose();
                return;
            }

            var number = Interlocked.Increment(ref _accepted);
            var connection = new FaultyConnection(client, _link, _seed + 2 * number);
            _connections.Add(connection, RunAsync(connection));
        }
    }

    private async Task RunAsync(FaultyConnection connection)
    {
        // It has to be in the list before it can leave it.
        await Task.Yield();
        await connection.RunAsync(Target);
        lock (_gate)
            _connections.Remove(connection);
        connection.Dispose();
    }

    private FaultyConnection[] Connections()
    {
        lock (_gate)
            return [.. _connections.Keys];
    }
}
