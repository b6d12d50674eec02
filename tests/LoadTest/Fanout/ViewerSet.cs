namespace HubServer.LoadTest.Fanout;

/// <summary>The viewers of a turn.</summary>
internal sealed class ViewerSet(IFanoutSystem system, FanoutLoad load, FanoutServer server, SocketLoop loop) : IAsyncDisposable
{
    private const int OpenedAtOnce = 100; // A listener's queue is finite.
    private const int SlowReceiveBytes = 4_096;
    private const int SlowBytesPerSecond = 1_024;
    private static readonly TimeSpan SlowRest = TimeSpan.FromSeconds(1);

    private readonly List<LoadSocket> _sockets = [];
    private readonly List<LoadSocket> _slow = [];
    private readonly Tally _slowTally = new();
    private Variety _variety;

    /// <summary>What the viewers received that do read.</summary>
    public Tally Tally { get; } = new();

    /// <summary>How many there are that read.</summary>
    public int Count => _sockets.Count;

    /// <summary>Has so many viewers that ask for this; those that are there and fit stay.</summary>
    public async Task BecomeAsync(int count, Variety variety)
    {
        if (variety != _variety || count < Count)
            await CloseAsync();
        _variety = variety;
        while (Count < count)
        {
            Connect(Math.Min(OpenedAtOnce, count - Count));
            await BeginAsync(isHeld: false);
            await AreReadyAsync();
        }
    }

    /// <summary>Connects so many viewers, of which none sends anything yet.</summary>
    public void Connect(int more)
    {
        for (; more > 0; more--)
        {
            var opening = system.ViewerOf(load, Count, _variety);
            var socket = new LoadSocket(opening, system.Scanner, Tally);
            _sockets.Add(socket);
            socket.Connect(server.PortOf(opening));
        }
    }

    /// <summary>Begins all that have not, at once.</summary>
    public Task BeginAsync(bool isHeld) => loop.RunAsync(() =>
    {
        foreach (var socket in _sockets.Where(static socket => !socket.HasBegun))
        {
            loop.Watch(socket);
            socket.Begin(isHeld);
        }
    });

    /// <summary>Connects so many viewers that say nothing beyond the greeting.</summary>
    public async Task HoldAsync(int count)
    {
        while (Count < count)
        {
            Connect(Math.Min(OpenedAtOnce, count - Count));
            await BeginAsync(isHeld: true);
            await Waiting.UntilAsync(() => _sockets.All(static socket => socket.IsOpen), $"{Count} connections are open; {Tally.Failure}");
        }
    }

    /// <summary>Has those that were held ask for rows.</summary>
    public async Task AskAsync()
    {
        foreach (var some in _sockets.Chunk(OpenedAtOnce))
        {
            await loop.RunAsync(() => Array.ForEach(some, static socket => socket.Ask()));
            await Waiting.UntilAsync(() => some.All(static socket => socket.IsReady), $"held viewers are answered; {Tally.Failure}");
        }
    }

    /// <summary>Has viewers besides that hardly read.</summary>
    public async Task AddSlowAsync(int count)
    {
        while (_slow.Count < count)
        {
            var opening = system.ViewerOf(load, Count + _slow.Count, _variety);
            var socket = new LoadSocket(opening, system.Scanner, _slowTally);
            _slow.Add(socket);
            socket.Connect(server.PortOf(opening), SlowReceiveBytes);
            await loop.RunAsync(() =>
            {
                loop.Watch(socket);
                socket.Begin();
            });
            await Waiting.UntilAsync(() => socket.IsReady, "a slow viewer is connected");
            await loop.RunAsync(() => loop.Forget(socket));
        }
    }

    /// <summary>Until it is told to stop, every second slow viewer reads 1 KB/s, and the others nothing.</summary>
    public async Task ReadSlowlyAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await loop.RunAsync(ReadSlowly);
        }
        catch (OperationCanceledException)
        {
            // That is the end of the measurement.
        }
    }

    /// <summary>Waits until the viewers have so many rows, or get no more.</summary>
    public async Task DrainAsync(long rows, TimeSpan silence)
    {
        var (seen, since) = (-1L, TimeProvider.System.GetTimestamp());
        while (true)
        {
            var now = await loop.ReadAsync(() => Tally.Rows);
            if (now >= rows)
                return;
            if (now != seen)
                (seen, since) = (now, TimeProvider.System.GetTimestamp());
            if (TimeProvider.System.GetElapsedTime(since) > silence)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Reads what is left for the slow viewers, and returns of how many the connection ends with that.</summary>
    public async Task<int> EndSlowAsync()
    {
        await loop.RunAsync(() => _slow.ForEach(loop.Watch));
        await Task.Delay(SlowRest, TimeProvider.System);
        return await loop.ReadAsync(() => _slowTally.Closed);
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private Task AreReadyAsync() =>
        Waiting.UntilAsync(() => Tally.Closed > 0 || _sockets.All(static socket => socket.IsReady), $"{Count} viewers are subscribed");

    private void ReadSlowly()
    {
        for (var i = 0; i < _slow.Count; i += 2)
            loop.ReceiveSome(_slow[i], SlowBytesPerSecond);
    }

    private async Task CloseAsync()
    {
        await loop.RunAsync(() =>
        {
            _sockets.ForEach(loop.Forget);
            _slow.ForEach(loop.Forget);
        });
        foreach (var socket in _sockets.Concat(_slow))
            socket.Dispose();
        _sockets.Clear();
        _slow.Clear();
    }
}
