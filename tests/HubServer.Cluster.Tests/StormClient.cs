using System.Net.WebSockets;
using System.Text;
using HubServer.Protocol;

namespace HubServer.Cluster.Tests;

/// <summary>
/// A client that costs little, so that many fit beside the nodes: one WebSocket with SignalR's JSON protocol, which comes
/// back by itself with the positions it got to.
/// </summary>
internal sealed class StormClient(Uri url, string selector) : IAsyncDisposable
{
    private const byte Separator = 0x1e;

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _isLive;
    private int _calls;

    /// <summary>Whether its query streams.</summary>
    public bool IsLive => _isLive;

    /// <summary>The queries that it opened.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public void Start() => _running = RunAsync();

    /// <summary>Ends it without waiting, so that many end at once.</summary>
    public void Stop() => _stopping.Cancel();

    public async ValueTask DisposeAsync()
    {
        Stop();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await QueryAsync();
            }
            catch (Exception lost) when (lost is WebSocketException or IOException or OperationCanceledException or HttpRequestException)
            {
                // The connection broke, and another one takes its place.
            }

            _isLive = false;
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(20, 200)), TimeProvider.System, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task QueryAsync()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(url) { Scheme = "ws", Path = "/hub" }.Uri, _stopping.Token);
        var request = Encoding.UTF8.GetString(WireWriter.ToBytes(WireFormat.Json, new QueryRequest { Targets = [new Target { Channel = selector }], IntervalMs = 1_000 }));
        await SendAsync(socket, """{"protocol":"json","version":1}""");
        await SendAsync(socket, $$"""{"type":4,"invocationId":"1","target":"Query","arguments":[{{request}}]}""");
        Interlocked.Increment(ref _calls);

        var buffer = new byte[64 << 10];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(), _stopping.Token);
            if (read.MessageType == WebSocketMessageType.Close)
                return;
            if (buffer.AsSpan(0, read.Count).IndexOf("\"state\":\"Streaming\""u8) >= 0)
                _isLive = true;
        }
    }

    private async Task SendAsync(ClientWebSocket socket, string message) =>
        await socket.SendAsync(new ReadOnlyMemory<byte>([.. Encoding.UTF8.GetBytes(message), Separator]), WebSocketMessageType.Text, endOfMessage: true, _stopping.Token);
}
