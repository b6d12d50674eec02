using System.Globalization;
using MessagePack;

namespace HubServer.LoadTest.Scaleout;

/// <summary>A publisher's connection: sends requests that were encoded before, and counts the rows that were taken.</summary>
internal sealed class Publisher : IAsyncDisposable
{
    private const int CompletionMessage = 3;
    private const int ErrorResult = 1;
    private const int ValueResult = 3;

    private readonly IScaleoutSystem _system;
    private readonly Load _load;
    private readonly Lane[] _lanes;
    private HubSocket? _socket;
    private long _taken; // Written by the reader; read with Volatile.

    private Publisher(IScaleoutSystem system, Load load, int connection)
    {
        _system = system;
        _load = load;
        _lanes = new Lane[load.LanesPerConnection];
        for (var i = 0; i < _lanes.Length; i++)
        {
            var id = i.ToString(CultureInfo.InvariantCulture);
            var requests = load.RequestsOf((connection * load.LanesPerConnection) + i);
            _lanes[i] = new Lane([.. requests.Select(channels => new Request(system.Publish(id, load, channels), channels.Length * load.BlockRows))]);
        }
    }

    /// <summary>The rows that were taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    public static async Task<Publisher> StartAsync(IScaleoutSystem system, Uri node, Load load, int connection)
    {
        var publisher = new Publisher(system, load, connection);
        publisher._socket = await HubSocket.ConnectAsync(node, publisher.OnMessage);
        return publisher;
    }

    /// <summary>Publishes as fast as it is taken until it is told to stop, and each request at least once.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(_lanes.Select(lane => RunAsync(lane, stop)));

    /// <summary>Publishes the next request of the first lane without waiting for its answer, with a stamp in its rows.</summary>
    public Task SendStampedAsync(double stamp)
    {
        var request = _lanes[0].Next();
        request.Stamp(stamp);
        return Socket.SendAsync(request.Message);
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket is not null)
            await _socket.DisposeAsync();
    }

    private HubSocket Socket => _socket ?? throw new InvalidOperationException("the publisher was not started");

    private async Task RunAsync(Lane lane, CancellationToken stop)
    {
        for (var sent = 0; sent < lane.Count || !stop.IsCancellationRequested; sent++)
        {
            var request = lane.Next();
            var answered = lane.BeginCall();
            await Socket.SendAsync(request.Message);
            await await Task.WhenAny(answered, Socket.Closed);
        }
    }

    private void OnMessage(ReadOnlyMemory<byte> message)
    {
        var reader = new MessagePackReader(message);
        reader.ReadArrayHeader();
        if (reader.ReadInt32() != CompletionMessage)
            return;
        reader.Skip();
        var lane = _lanes[int.Parse(reader.ReadString() ?? "", CultureInfo.InvariantCulture)];
        switch (reader.ReadInt32())
        {
            case ErrorResult:
                lane.Fail(new InvalidOperationException(reader.ReadString()));
                return;
            case ValueResult:
                Volatile.Write(ref _taken, _taken + _system.ReadTaken(ref reader, lane.Rows));
                break;
        }

        lane.EndCall();
    }
}
