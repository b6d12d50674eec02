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
    public string NewestRowsEpoch => NewestRowsEpochOf(Epoch, Next, Lineage);

    /// <summary>
    /// Whether a node takes the channel from Redis, whose epoch it does not know, instead of giving back its own. Both go by
    /// the newest row and not by an epoch, which every node that gives the channel back makes anew: so of any number of
    /// copies the same one wins everywhere.
    /// </summary>
    public bool IsAsNewAs(Channel channel)
    {
        var head = channel.ReadHead();
        var own = NewestRowsEpochOf(head.Epoch, head.Next, channel.Lineage);
        return NewestRowsEpoch == own ? Next >= head.Next : Redis.Epoch.IsNewer(NewestRowsEpoch, own);
    }

    /// <summary>
    /// The state for a node that was in epochs of which Redis knows nothing, because it lost them: they lead to it with the
    /// rows of the newest epoch that both were in. Without such an epoch nothing leads to it.
    /// </summary>
    public ChannelState JoinedBy(Channel channel)
    {
        var head = channel.ReadHead();
        var own = new List<string>();
        var end = head.Next;
        foreach (var one in channel.Lineage.Ends.Prepend(new Position(head.Epoch, head.Next)))
        {
            end = Math.Min(end, one.Offset);
            if ((one.Epoch == Epoch ? Next : Lineage.EndOf(one.Epoch)) is not { } here)
            {
                own.Add(one.Epoch);
                continue;
            }

            // Behind the one that both were in, so that only what that one lost is lost to them.
            end = Math.Min(end, here);
            var behind = one.Epoch == Epoch ? 0 : 1 + Lineage.Ends.TakeWhile(known => known.Epoch != one.Epoch).Count();
            return this with { Lineage = new Lineage([.. Lineage.Ends.Take(behind), .. own.Select(epoch => new Position(epoch, end)), .. Lineage.Ends.Skip(behind)]) };
        }

        return this;
    }

    private static string NewestRowsEpochOf(string epoch, long next, Lineage lineage)
    {
        foreach (var end in lineage.Ends)
        {
            if (end.Offset != next)
                break;
            epoch = end.Epoch;
        }

        return epoch;
    }
}
