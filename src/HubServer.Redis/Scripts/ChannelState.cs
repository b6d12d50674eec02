using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>What Redis says of a channel.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Next">The offset that its next row gets.</param>
/// <param name="SchemaHash">The content hash of its schema.</param>
/// <param name="Lineage">Earlier epochs and how far each went, the newest first: <c>epoch@next;epoch@next</c>.</param>
/// <param name="Capacity">How many rows its log keeps.</param>
/// <param name="Settings">What it has of its own; null for nothing.</param>
internal sealed record ChannelState(string Epoch, long Next, string SchemaHash, string Lineage, int Capacity, ChannelSettings? Settings)
{
    /// <summary>How far an epoch went that led to this one; null for one that did not.</summary>
    public long? EndOf(string epoch)
    {
        if (epoch == Epoch)
            return Next;
        foreach (var part in Lineage.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.LastIndexOf('@');
            if (at > 0 && part.AsSpan(0, at).SequenceEqual(epoch) && long.TryParse(part.AsSpan(at + 1), System.Globalization.CultureInfo.InvariantCulture, out var end))
                return end;
        }

        return null;
    }
}
