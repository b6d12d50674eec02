using HubServer.Protocol;

namespace HubServer.History;

/// <summary>A run of publishers and subscribers whose history goes to a file, and its check.</summary>
public sealed class HistoryRun : IAsyncDisposable
{
    private readonly string _path;
    private readonly TimeProvider? _time;
    private readonly List<RecordingPublisher> _publishers = [];
    private readonly List<RecordingSubscriber> _subscribers = [];

    /// <summary>Starts a run; its file takes the place of the one before.</summary>
    public HistoryRun(string path, TimeProvider? time = null) => (_path, _time, Log) = (path, time, HistoryLog.ToFile(path, time));

    /// <summary>The history, whose clock is that of the run.</summary>
    public HistoryLog Log { get; }

    public IReadOnlyList<RecordingPublisher> Publishers => _publishers;

    public IReadOnlyList<RecordingSubscriber> Subscribers => _subscribers;

    /// <summary>Blocks acknowledged so far, by which a scenario can place its faults.</summary>
    public long Acknowledged => _publishers.Sum(publisher => publisher.Acknowledged);

    /// <summary>Adds a publisher and starts it.</summary>
    public RecordingPublisher AddPublisher(PublisherOptions options)
    {
        var publisher = new RecordingPublisher(Log, options, _time);
        _publishers.Add(publisher);
        publisher.Start();
        return publisher;
    }

    /// <summary>Adds a subscriber and starts it.</summary>
    public RecordingSubscriber AddSubscriber(SubscriberOptions options)
    {
        var subscriber = new RecordingSubscriber(Log, options, _time);
        _subscribers.Add(subscriber);
        subscriber.Start();
        return subscriber;
    }

    /// <summary>Ends the publishers, each of which learns the outcome of its blocks or gives up then.</summary>
    public Task FinishPublishersAsync(TimeSpan patience) => Task.WhenAll(_publishers.Select(publisher => publisher.FinishAsync(patience)));

    /// <summary>What subscribers lack: whoever is not away is live, not stale, and has the last acknowledged rows. Empty where nothing does.</summary>
    public IReadOnlyList<string> Missing()
    {
        var missing = new List<string>();
        foreach (var subscriber in _subscribers.Where(subscriber => !subscriber.IsAway))
        {
            if (subscriber.State != ItemState.Streaming || subscriber.IsStale)
                missing.Add($"{subscriber.Id} is {subscriber.State?.ToString() ?? "not connected"}, stale {subscriber.IsStale}; its last call ended with: {subscriber.Problem}");
            foreach (var channel in subscriber.Channels)
            {
                if (LastOf(channel) is { } last && !(subscriber.PositionOf(channel)?.Offset >= last.Next))
                    missing.Add($"{subscriber.Id} has {channel} up to {subscriber.PositionOf(channel)}, acknowledged was {last}");
            }
        }

        return missing;
    }

    /// <summary>Checks the history so far, with now as the moment at which everything had to be there.</summary>
    public HistoryReport Check(AllowedLosses losses)
    {
        var calmAt = Log.Now;
        Log.Flush();
        return HistoryChecker.Check(new Scenario(losses, calmAt), HistoryLog.Read(_path));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var publisher in _publishers)
            await publisher.DisposeAsync().ConfigureAwait(false);
        foreach (var subscriber in _subscribers)
            await subscriber.DisposeAsync().ConfigureAwait(false);
        Log.Dispose();
    }

    /// <summary>The furthest acknowledgement of a channel, in the epoch of the newest one.</summary>
    private Acknowledgement? LastOf(string channel)
    {
        var all = _publishers.Select(publisher => publisher.LastOf(channel)).OfType<Acknowledgement>().ToArray();
        if (all.Length == 0)
            return null;
        var newest = all.MaxBy(one => one.At);
        return all.Where(one => one.Epoch == newest.Epoch).MaxBy(one => one.Next);
    }
}
