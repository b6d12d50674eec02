using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>Gives Redis back what it lost of a channel, from this node's ring, or where there is none, its position alone.</summary>
internal sealed class Seeder(PartitionCaller caller, PartitionDelivery delivery, PublishOptions limits, HubServerMetrics metrics)
{
    private const int MaxSeeds = 200;

    /// <summary>Offers a channel, which Redis does not have, or has in an epoch that must not have changed.</summary>
    public Task SeedAsync(Channel channel, string expected) => SeedAsync([(channel, expected)]);

    /// <summary>Offers channels, as many in a call as fit.</summary>
    public async Task SeedAsync(IEnumerable<(Channel Channel, string Expected)> channels)
    {
        var (call, offered, bytes) = (caller.NewQuestion(), new List<Channel>(), 0L);
        foreach (var (channel, expected) in channels)
        {
            if (channel.ReadHead().IsRemoved)
                continue;
            var copy = channel.Copy() ?? PositionOf(channel);
            var held = new ChannelState(copy.Epoch, copy.Next, copy.Schema.Hash, copy.Lineage, copy.Limits.Capacity, copy.Settings, copy.LastTime);
            call.Seed(channel.Id.Text, held, expected, copy.Schema, Cut(copy), copy.Answers);
            offered.Add(channel);
            bytes += copy.Bytes;
            if (offered.Count < MaxSeeds && bytes < limits.MaxBlockBytes)
                continue;
            await SendAsync(call, offered);
            (call, offered, bytes) = (caller.NewQuestion(), [], 0);
        }

        if (offered.Count > 0)
            await SendAsync(call, offered);
    }

    private async Task SendAsync(PartitionCall call, List<Channel> offered)
    {
        var results = (await caller.RunAsync(call)).Results;
        foreach (var (channel, result) in offered.Zip(results))
            Take(channel, result);
    }

    private void Take(Channel channel, OperationResult result)
    {
        if (result is { Status: OperationStatus.Ok, State: { } state })
        {
            metrics.CountBackplane(BackplaneEvent.SeedAccepted);
            delivery.Rebase(channel, state, start: state.Next);
            return;
        }

        metrics.CountBackplane(BackplaneEvent.SeedRefused);
        delivery.Suspect(channel.Id);
    }

    private static ChannelCopy PositionOf(Channel channel)
    {
        var head = channel.ReadHead();
        return new ChannelCopy(head.Epoch, channel.Lineage, head.Next, head.Next, head.Schema, head.Limits, channel.Settings, [], channel.Describe().LastTime, 0, []);
    }

    /// <summary>The rows in blocks of the usual size.</summary>
    private List<(long Offset, int Count, Column[] Columns)> Cut(ChannelCopy copy)
    {
        var blocks = new List<(long, int, Column[])>();
        var rows = (int)(copy.Next - copy.Oldest);
        var fit = limits.MaxBlockBytes / Math.Max(1, copy.Bytes / Math.Max(1, rows));
        var size = (int)Math.Clamp(fit, 1, limits.MaxBlockRows);
        for (var start = 0; start < rows; start += size)
        {
            var count = Math.Min(size, rows - start);
            blocks.Add((copy.Oldest + start, count, Array.ConvertAll(copy.Columns, column => column.Slice(start, count))));
        }

        return blocks;
    }
}
