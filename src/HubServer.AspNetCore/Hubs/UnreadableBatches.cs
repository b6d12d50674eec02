using System.Collections;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Hubs;

/// <summary>
/// Stands for the batches of a streamed request that could not be read, so that the hub answers the request with its
/// error and the stream goes on; SignalR alone would end the stream.
/// </summary>
internal sealed class UnreadableBatches(ProtocolException error) : IReadOnlyList<PublishBatch>
{
    public ProtocolException Error => error;

    public int Count => 0;

    public PublishBatch this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<PublishBatch> GetEnumerator() => Enumerable.Empty<PublishBatch>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
