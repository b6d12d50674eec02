using System.Globalization;
using HubServer.Core;
using HubServer.Protocol;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>
/// Fills a deployment's directory with channels: one of each partition is published, and the others get the same
/// record, which names no channel. They have no log, which nobody reads who does not query them.
/// </summary>
internal static class ManyChannels
{
    private const int FieldsPerCall = 1_000;

    public static async Task WriteAsync(Node node, IBackplane backplane, IDatabase redis, string prefix, int count)
    {
        var ids = Enumerable.Range(0, count).Select(i => ChannelId.Parse(string.Create(CultureInfo.InvariantCulture, $"cpu{{core=\"{i % 8}\",host=\"host-{i / 8:00000}\"}}")));
        foreach (var partition in ids.GroupBy(backplane.PartitionOf))
        {
            var first = partition.First();
            await node.Ingest.PublishAsync(first, new Rows([new RowField("v")], [new Column([1d, 2d])]));
            RedisKey directory = string.Create(CultureInfo.InvariantCulture, $"{prefix}:{{p{partition.Key:00}}}:d");
            var record = await redis.HashGetAsync(directory, first.Text);
            foreach (var some in partition.Chunk(FieldsPerCall))
                await redis.HashSetAsync(directory, [.. some.Select(id => new HashEntry(id.Text, record))]);
        }
    }
}
