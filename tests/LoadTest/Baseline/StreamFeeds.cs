using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;

namespace HubServer.LoadTest.Baseline;

/// <summary>The queues of the streams that are open, by channel.</summary>
public sealed class StreamFeeds
{
    private const int QueueRows = 1_000;

    private readonly ConcurrentDictionary<string, ImmutableArray<ChannelWriter<FanoutRow>>> _feeds = new();

    /// <summary>A queue of its own that gets the rows of these channels until the token ends it.</summary>
    public ChannelReader<FanoutRow> Open(string[] channels, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(channels);
        var queue = Channel.CreateBounded<FanoutRow>(new BoundedChannelOptions(QueueRows) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
        foreach (var channel in channels)
            _feeds.AddOrUpdate(channel, static (_, writer) => [writer], static (_, writers, writer) => writers.Add(writer), queue.Writer);
        cancellationToken.Register(() => Close(channels, queue.Writer));
        return queue.Reader;
    }

    public void Publish(string channel, FanoutRow row)
    {
        if (!_feeds.TryGetValue(channel, out var writers))
            return;
        foreach (var writer in writers)
            writer.TryWrite(row);
    }

    private void Close(string[] channels, ChannelWriter<FanoutRow> writer)
    {
        foreach (var channel in channels)
            _feeds.AddOrUpdate(channel, static (_, _) => [], static (_, writers, writer) => writers.Remove(writer), writer);
        writer.TryComplete();
    }
}
