using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>What Redis says of a channel.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Next">The offset that its next row gets.</param>
/// <param name="SchemaHash">The content hash of its schema.</param>
/// <param name="Lineage">The epochs that led to this one.</param>
/// <param name="Capacity">How many rows its log keeps.</param>
/// <param name="Settings">What it has of its own; null for nothing.</param>
/// <param name="LastTime">The time of its newest row; null where it has none.</param>
internal sealed record ChannelState(string Epoch, long Next, string SchemaHash, Lineage Lineage, int Capacity, ChannelSettings? Settings, double? LastTime)
{
    /// <summary>
    /// The epoch of its newest row. Redis gives a channel another epoch when it is asked about it after a restart, also where
    /// it came back with old data: that says nothing of how new the data is.
    /// </summary>
    public string NewestRowsEpoch
    {
        get
        {
            var epoch = Epoch;
            foreach (var end in Lineage.Ends)
            {
                if (end.Offset != Next)
                    break;
                epoch = end.Epoch;
            }

            return epoch;
        }
    }
}
