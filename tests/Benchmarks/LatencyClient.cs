using System.Collections.Concurrent;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.Benchmarks;

/// <summary>
/// The official client over JSON, as the stalled sockets are, so that a turn with them needs no second encoding. It
/// notes for each live item how long its newest row was under way.
/// </summary>
internal sealed class LatencyClient : IAsyncDisposable
{
    private readonly HubConnection _connection;
    private readonly ConcurrentQueue<double> _latencies = new();
    private readonly TaskCompletionSource _streams = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _received = new(0);
    private double _newest; // Read after _received was released.
    private readonly Task _reading;

    private LatencyClient(HubConnection connection, string channel)
    {
        _connection = connection;
        _reading = ReadAsync(channel);
    }

    /// <summary>The times under way, in milliseconds.</summary>
    public IEnumerable<double> Latencies => _latencies;

    public static async Task<LatencyClient> StartAsync(Uri url, string channel)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(url, "/hub")).Build();
        await connection.StartAsync();
        var client = new LatencyClient(connection, channel);
        await client._streams.Task;
        return client;
    }

    /// <summary>The clock of both ends, in milliseconds.</summary>
    public static double Now() => TimeProvider.System.GetTimestamp() * 1_000.0 / TimeProvider.System.TimestampFrequency;

    /// <summary>Waits until the row published at that moment came; rows of several blocks may come in one item.</summary>
    public async Task HasAsync(double stamp)
    {
        while (Volatile.Read(ref _newest) < stamp && !_reading.IsFaulted)
            await _received.WaitAsync(TimeSpan.FromSeconds(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _reading;
        _received.Dispose();
    }

    private async Task ReadAsync(string channel)
    {
        try
        {
            // Without a past, so that only live rows are measured.
            var request = new { version = 1, targets = new[] { new { channel, rows = 0 } }, intervalMs = 0 };
            await foreach (var item in _connection.StreamAsync<Item>("Query", request))
                Note(item);
        }
        catch (Exception ended) when (ended is OperationCanceledException or TaskCanceledException)
        {
            // The connection was disposed: the turn is over.
        }
    }

    private void Note(Item item)
    {
        if (item.Head.State == ItemState.Loading)
            return;
        _streams.TrySetResult();
        if (item.Frames.Count == 0 || item.Frames[^1].Data[^1].Count == 0)
            return;
        var stamp = item.Frames[^1].Data[^1].Numbers[^1];
        _latencies.Enqueue(Now() - stamp);
        Volatile.Write(ref _newest, stamp);
        _received.Release();
    }
}
