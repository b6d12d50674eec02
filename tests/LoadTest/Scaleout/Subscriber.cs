using System.Buffers;
using System.Runtime.InteropServices;

namespace HubServer.LoadTest.Scaleout;

/// <summary>What one subscriber got: rows, rows that it was told are lost, and rows that are missing without a word.</summary>
internal sealed class Subscriber(Load load, bool notesLatency) : IAsyncDisposable
{
    private readonly long[] _next = new long[load.Channels];
    private readonly List<double> _latencies = [];
    private readonly Lock _gate = new();
    private HubSocket? _socket;
    private long _rows; // Written by the reader; read with Volatile.
    private long _announced;
    private long _lastRow;
    private int _answers;

    /// <summary>The rows received.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>The rows that gaps said are lost.</summary>
    public long Announced => Volatile.Read(ref _announced);

    /// <summary>Rows that came twice or out of order.</summary>
    public long Broken { get; private set; }

    /// <summary>When the last row came.</summary>
    public long LastRow => Volatile.Read(ref _lastRow);

    /// <summary>Throws what ended its connection.</summary>
    public Task Closed => _socket?.Closed ?? Task.CompletedTask;

    /// <summary>Connects and subscribes to all channels of the load.</summary>
    public static async Task<Subscriber> StartAsync(IScaleoutSystem system, Uri node, Load load, int intervalMs, bool notesLatency)
    {
        var subscriber = new Subscriber(load, notesLatency);
        subscriber._socket = await HubSocket.ConnectAsync(node, message => system.ReadMessage(message, subscriber));
        var calls = 0;
        foreach (var call in system.Subscribe(load, intervalMs))
        {
            calls++;
            await subscriber._socket.SendAsync(call);
        }

        await Waiting.UntilAsync(() => Volatile.Read(ref subscriber._answers) >= calls, "the subscriber is subscribed", subscriber.Closed);
        return subscriber;
    }

    /// <summary>Takes note that a call was answered, or its stream begun.</summary>
    public void OnAnswer() => Interlocked.Increment(ref _answers);

    /// <summary>Counts rows of a channel that say where they stand.</summary>
    public void OnRows(int channel, long offset, int count, long announced)
    {
        Broken += Math.Abs(offset - announced - _next[channel]);
        _next[channel] = offset + count;
        Volatile.Write(ref _announced, _announced + announced);
        OnRows(count);
    }

    /// <summary>Counts rows that do not say where they stand.</summary>
    public void OnRows(int count)
    {
        Volatile.Write(ref _lastRow, TimeProvider.System.GetTimestamp());
        Volatile.Write(ref _rows, _rows + count);
    }

    /// <summary>Notes how long the rows were under way whose stamps are these.</summary>
    public void OnStamps(in ReadOnlySequence<byte> stamps)
    {
        if (!notesLatency)
            return;
        var now = Clock.Milliseconds();
        lock (_gate)
        {
            foreach (var stamp in MemoryMarshal.Cast<byte, double>(stamps.IsSingleSegment ? stamps.FirstSpan : stamps.ToArray()))
                _latencies.Add(now - stamp);
        }
    }

    /// <summary>The latencies so far, which are forgotten.</summary>
    public double[] TakeLatencies()
    {
        lock (_gate)
        {
            var taken = _latencies.ToArray();
            _latencies.Clear();
            return taken;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket is not null)
            await _socket.DisposeAsync();
    }
}
