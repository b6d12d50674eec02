using HubServer.Core;
using HubServer.Protocol;
using MessagePack;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>Reads the streams in which <c>partition.lua</c> keeps a partition's rows.</summary>
internal sealed class PartitionLog(RedisConnection connection, string prefix, SchemaCache schemas, Core.HubServerMetrics metrics)
{
    private const int EntriesPerRead = 200;

    /// <summary>The newest rows of a channel, oldest first and without a hole, about as many as asked for.</summary>
    public async Task<List<LoggedBlock>> ReadNewestAsync(ChannelId channel, int rows, long maxBytes)
    {
        var blocks = new List<LoggedBlock>();
        var (count, bytes) = (0L, 0L);
        RedisValue to = "+";
        while (true)
        {
            var entries = await ReadEntriesAsync(channel, "-", to, Order.Descending);
            foreach (var entry in entries)
            {
                if (count >= rows || bytes >= maxBytes || await ReadAsync(channel, entry) is not { } block || (blocks.Count > 0 && block.End != blocks[^1].Offset))
                    return Reversed(blocks);
                blocks.Add(block);
                count += block.Block.Count;
                bytes += block.Block.Bytes;
            }

            if (entries.Length < EntriesPerRead)
                return Reversed(blocks);
            to = $"({entries[^1].Id}";
        }
    }

    /// <summary>The blocks of a channel that end at an offset or behind it, up to the first that cannot be read.</summary>
    public async Task<List<LoggedBlock>> ReadFromAsync(ChannelId channel, long offset)
    {
        var blocks = new List<LoggedBlock>();
        RedisValue from = $"{offset}-0";
        while (true)
        {
            var entries = await ReadEntriesAsync(channel, from, "+", Order.Ascending);
            foreach (var entry in entries)
            {
                if (await ReadAsync(channel, entry) is { } block)
                    blocks.Add(block);
            }

            if (entries.Length < EntriesPerRead)
                return blocks;
            from = $"({entries[^1].Id}";
        }
    }

    private static List<LoggedBlock> Reversed(List<LoggedBlock> blocks)
    {
        blocks.Reverse();
        return blocks;
    }

    /// <summary>Some entries; none where the key is no stream, which the channel's next rows put right.</summary>
    private async Task<StreamEntry[]> ReadEntriesAsync(ChannelId channel, RedisValue from, RedisValue to, Order order)
    {
        try
        {
            return await connection.Database.StreamRangeAsync($"{prefix}c:{channel.Text}", from, to, EntriesPerRead, order, CommandFlags.DemandMaster);
        }
        catch (RedisServerException failure) when (RedisFailures.IsWrongType(failure))
        {
            metrics.CountBackplane(BackplaneEvent.Damaged);
            return [];
        }
    }

    /// <summary>Null for an entry that is damaged, or whose fields nobody knows.</summary>
    private async ValueTask<LoggedBlock?> ReadAsync(ChannelId channel, StreamEntry entry)
    {
        var (head, rows) = ((byte[]?)entry["h"], (byte[]?)entry["p"]);
        if (head is null || rows is null || ReadHead(head) is not { } read || !IsAt(entry.Id.ToString(), read))
            return Damaged();
        var schema = await schemas.GetAsync(read.SchemaHash);
        return schema is null ? Damaged() : ToBlock(channel, read, schema, rows) ?? Damaged();
    }

    /// <summary>A block of a message or of the log; null where its rows are damaged.</summary>
    public static LoggedBlock? ToBlock(ChannelId channel, MessageBlock head, Schema schema, ReadOnlyMemory<byte> rows)
    {
        var columns = BlockRows.Decode(rows, schema, head.Count);
        if (columns is null)
            return null;
        var block = new Block
        {
            Channel = channel,
            BaseHash = "",
            Schema = schema,
            Columns = columns,
            Count = head.Count,
            Bytes = rows.Length,
            Settings = SchemaText.ReadSettings(head.Settings),
            PublisherId = head.Publisher.Length > 0 ? head.Publisher : null,
            Sequence = head.Sequence,
        };
        return new LoggedBlock(block, head.Epoch, head.Offset);
    }

    /// <summary>Whether an entry is where its head says; the checksum is that of the rows alone.</summary>
    private static bool IsAt(string id, MessageBlock head) =>
        head is { Offset: >= 0, Count: >= 0 } && long.TryParse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), out var end) && end == head.Offset + head.Count;

    private static MessageBlock? ReadHead(byte[] bytes)
    {
        try
        {
            var reader = new MessagePackReader(bytes);
            reader.ReadArrayHeader();
            var (epoch, offset, count, hash) = (reader.ReadString() ?? "", reader.ReadInt64(), reader.ReadInt32(), reader.ReadString() ?? "");
            var settings = PartitionReply.ReadBytes(ref reader);
            return new MessageBlock(MessageBlockKind.Append, "", epoch, offset, count, hash, settings, null, reader.ReadString() ?? "", reader.ReadInt64());
        }
        catch (Exception damaged) when (WireReader.IsMalformed(damaged))
        {
            return null;
        }
    }

    private LoggedBlock? Damaged()
    {
        metrics.CountBackplane(BackplaneEvent.Damaged);
        return null;
    }
}
