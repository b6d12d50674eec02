namespace HubServer.Fixtures.Proxying;

/// <summary>What the connections of a proxy share: what is done to them, and what they count.</summary>
internal sealed class LinkState
{
    // Each is replaced as a whole by the test and read by the connections.
    private volatile LinkConditions _toServer = LinkConditions.Clear;
    private volatile LinkConditions _toClient = LinkConditions.Clear;
    private int _blackHole;
    private long _bytesToServer;
    private long _bytesToClient;
    private long _bytesSwallowed;

    public MessageFaults Messages { get; } = new();

    public Direction BlackHole => (Direction)Volatile.Read(ref _blackHole);

    public long BytesSwallowed => Interlocked.Read(ref _bytesSwallowed);

    public LinkConditions Conditions(Direction direction) => direction == Direction.ToServer ? _toServer : _toClient;

    public void SetConditions(Direction direction, LinkConditions conditions)
    {
        if (direction == Direction.ToServer)
            _toServer = conditions;
        else
            _toClient = conditions;
    }

    /// <summary>Replaces the ways that swallow everything, and says which those before were.</summary>
    public Direction ExchangeBlackHole(Direction directions) => (Direction)Interlocked.Exchange(ref _blackHole, (int)directions);

    public long Bytes(Direction direction) => Interlocked.Read(ref direction == Direction.ToServer ? ref _bytesToServer : ref _bytesToClient);

    public void Count(Direction direction, int bytes) =>
        Interlocked.Add(ref direction == Direction.ToServer ? ref _bytesToServer : ref _bytesToClient, bytes);

    public void CountSwallowed(int bytes) => Interlocked.Add(ref _bytesSwallowed, bytes);
}
