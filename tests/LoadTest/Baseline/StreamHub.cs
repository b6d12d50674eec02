using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;

namespace HubServer.LoadTest.Baseline;

/// <summary>A stream for each subscriber out of a queue of its own: what an application does that wants a stream.</summary>
public sealed class StreamHub(StreamFeeds feeds) : Hub
{
    public ChannelReader<FanoutRow> Rows(string[] channels, CancellationToken cancellationToken) => feeds.Open(channels, cancellationToken);

    public void Publish(FanoutBatch[] batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        foreach (var batch in batches)
            feeds.Publish(batch.Channel, batch.Row);
    }
}
