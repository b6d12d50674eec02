namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>
/// Pairs of clients that cannot keep up: one never reads, but sends so that it counts as alive; one reads 1 KB a second.
/// </summary>
internal sealed class StalledSockets : IAsyncDisposable
{
    private const int BytesPerSecond = 1_024;

    private readonly CancellationTokenSource _stop = new();
    private readonly RawSocket[] _never;
    private readonly RawSocket[] _slow;
    private readonly Task _running;

    private StalledSockets(RawSocket[] never, RawSocket[] slow)
    {
        (_never, _slow) = (never, slow);
        _running = RunAsync();
    }

    /// <summary>Connects them all and starts their queries.</summary>
    public static async Task<StalledSockets> StartAsync(Uri url, string selector, int pairs = 1)
    {
        var sockets = new RawSocket[2 * pairs];
        for (var i = 0; i < sockets.Length; i++)
        {
            sockets[i] = await RawSocket.ConnectAsync(url, receiveBufferBytes: 8 << 10);
            await sockets[i].QueryAsync(selector);
        }

        return new StalledSockets(sockets[..pairs], sockets[pairs..]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        foreach (var socket in _never.Concat(_slow))
            socket.Abort();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var buffer = new byte[BytesPerSecond];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await Task.WhenAll(_never.Select(socket => socket.SendPingByteAsync()));
                foreach (var socket in _slow)
                    await socket.ReadAsync(buffer, _stop.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or System.Net.Sockets.SocketException)
        {
            // The test is over, or the server closed a socket that took nothing.
        }
    }
}
