using System.Collections.Concurrent;
using HubServer.History;

namespace HubServer.Client.Tests.Cluster;

/// <summary>
/// Publishes blocks to each of its channels, one after the other, and writes down each with its acknowledgement. What the
/// client does until it has one is the client's own affair: here a block has one attempt, and has to be taken.
/// </summary>
internal sealed class RecordedPublisher
{
    private const string Id = "p";
    private const int MaxRows = 3;
    private const int OptionalFields = 4;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(40);

    private readonly HistoryLog _log;
    private readonly HubServerClient _client;
    private readonly ConcurrentDictionary<string, (double InvokedAt, long Next)> _last = new();
    private readonly Task _publishing;
    private long _sequence;
    private long _blocks;
    private volatile bool _isFinished;

    public RecordedPublisher(HistoryLog log, HubServerClient client, IReadOnlyList<string> channels, Random random)
    {
        (_log, _client) = (log, client);
        _publishing = Task.WhenAll(channels.Select(channel => PublishAsync(channel, new Random(random.Next()))));
    }

    /// <summary>Blocks acknowledged; throws where one was not.</summary>
    public long Blocks
    {
        get
        {
            if (_publishing.IsFaulted)
                _publishing.GetAwaiter().GetResult();
            return Interlocked.Read(ref _blocks);
        }
    }

    /// <summary>The offset after the newest acknowledged block of a channel, if it was sent after a moment of the log's.</summary>
    public long? NextOf(string channel, double after) => _last.TryGetValue(channel, out var last) && last.InvokedAt > after ? last.Next : null;

    /// <summary>Sends no further block and waits for the acknowledgements of those under way.</summary>
    public Task FinishAsync(TimeSpan patience)
    {
        _isFinished = true;
        return _publishing.WaitAsync(patience);
    }

    private async Task PublishAsync(string channel, Random random)
    {
        using var pace = new PeriodicTimer(Pace, TimeProvider.System);
        do
        {
            var sequence = Interlocked.Increment(ref _sequence);
            var time = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
            var (rows, named) = RowContent.Make(Id, sequence, random.Next(1, MaxRows + 1), time, OptionalFields, random);
            var invokedAt = _log.Now;
            _log.Write(Line(HistoryKind.Invoke, channel, sequence) with { Rows = named });
            var result = await _client.PublishAsync(channel, rows);
            _log.Write(Line(HistoryKind.Ok, channel, sequence) with { Epoch = result.Epoch, Offset = result.Offset, Count = result.Count });
            _last[channel] = (invokedAt, result.Offset + result.Count);
            Interlocked.Increment(ref _blocks);
        }
        while (!_isFinished && await pace.WaitForNextTickAsync());
    }

    private static HistoryEvent Line(HistoryKind kind, string channel, long sequence) =>
        new() { By = Id, Kind = kind, Channel = channel, Sequence = sequence, Attempt = 1 };
}
