using System.Buffers;
using HubServer.Core;
using HubServer.Protocol;
using MessagePack;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>Collects operations for one run of the script; the format stands in <c>partition.lua</c>.</summary>
internal sealed class PartitionCall(string prefix, string node, long number, TimeSpan retryWindow, bool isTick = false)
{
    private readonly ArrayBufferWriter<byte> _operations = new();
    private readonly List<RedisValue> _rows = [];

    /// <summary>The operations so far.</summary>
    public int Count => _rows.Count;

    /// <summary>Appends a block, whose channel the node holds in an epoch ("" where it holds nothing of it).</summary>
    public void Append(Block block, string held, int capacity)
    {
        var writer = Begin(12, "a", block.Channel.Text);
        writer.Write(held);
        writer.Write(block.BaseHash);
        writer.Write(block.Schema.Hash);
        WriteText(ref writer, block.Schema.Hash == block.BaseHash ? [] : SchemaText.Of(block.Schema));
        writer.Write(block.Count);
        writer.Write(capacity);
        writer.Write(block.PublisherId ?? "");
        writer.Write(block.Sequence);
        WriteText(ref writer, block.Settings is null ? [] : SchemaText.Of(block.Settings));
        WriteTime(ref writer, block.LastTime);
        End(ref writer, BlockRows.Encode(block.Columns));
    }

    /// <summary>Offers what the node has of a channel that Redis lost, or has in an epoch that the node knows nothing of.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="held">The channel as the node has it.</param>
    /// <param name="expected">The epoch that Redis has it in, which must not have changed; "" where it is missing.</param>
    /// <param name="schema">Its fields.</param>
    /// <param name="blocks">Its newest rows, oldest first, without a hole and up to its next offset.</param>
    /// <param name="answers">What the publishers of those rows were answered.</param>
    public void Seed(string channel, ChannelState held, string expected, Schema schema, IReadOnlyList<(long Offset, int Count, Column[] Columns)> blocks, IReadOnlyList<PublisherAnswer> answers)
    {
        var rows = new ArrayBufferWriter<byte>();
        var writer = Begin(13, "s", channel);
        writer.Write(held.Epoch);
        writer.Write(LineageText.Of(held.Lineage));
        writer.Write(expected);
        writer.Write(held.Next);
        writer.Write(schema.Hash);
        WriteText(ref writer, SchemaText.Of(schema));
        writer.Write(held.Capacity);
        WriteText(ref writer, held.Settings is null ? [] : SchemaText.Of(held.Settings));
        WriteTime(ref writer, held.LastTime);
        writer.WriteArrayHeader(blocks.Count);
        foreach (var (offset, count, columns) in blocks)
        {
            var encoded = BlockRows.Encode(columns);
            rows.Write(encoded.Span);
            writer.WriteArrayHeader(4);
            writer.Write(offset);
            writer.Write(count);
            writer.Write(schema.Hash);
            writer.Write(encoded.Length);
        }

        writer.WriteArrayHeader(answers.Count);
        foreach (var answer in answers)
        {
            writer.WriteArrayHeader(5);
            writer.Write(answer.Publisher);
            writer.Write(answer.Sequence);
            writer.Write(answer.Epoch);
            writer.Write(answer.Offset);
            writer.Write(answer.Count);
        }

        End(ref writer, rows.WrittenMemory);
    }

    /// <summary>Asks where a channel is.</summary>
    public void Check(string channel, string held)
    {
        var writer = Begin(3, "c", channel);
        writer.Write(held);
        End(ref writer, default);
    }

    /// <summary>Removes a channel, where <paramref name="next"/> is given only if it has no further rows.</summary>
    public void Remove(string channel, string epoch, long? next)
    {
        var writer = Begin(4, "r", channel);
        writer.Write(epoch);
        writer.Write(next ?? -1);
        End(ref writer, default);
    }

    /// <summary>The script's arguments.</summary>
    public RedisValue[] ToArguments()
    {
        var buffer = new ArrayBufferWriter<byte>(_operations.WrittenCount + 64);
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(6);
        writer.Write(prefix);
        writer.Write(node);
        writer.Write(number);
        writer.Write((int)Math.Ceiling(retryWindow.TotalSeconds));
        writer.Write(isTick);
        writer.WriteArrayHeader(Count);
        writer.WriteRaw(_operations.WrittenSpan);
        writer.Flush();
        return [buffer.WrittenMemory, .. _rows];
    }

    private MessagePackWriter Begin(int parts, string kind, string channel)
    {
        var writer = new MessagePackWriter(_operations);
        writer.WriteArrayHeader(parts);
        writer.Write(kind);
        writer.Write(channel);
        return writer;
    }

    private void End(ref MessagePackWriter writer, ReadOnlyMemory<byte> rows)
    {
        writer.Flush();
        _rows.Add(rows);
    }

    private static void WriteTime(ref MessagePackWriter writer, double? time)
    {
        if (time is { } value)
            writer.Write(value);
        else
            writer.Write("");
    }

    /// <summary>Redis' MessagePack knows no <c>bin</c>, and Lua's strings are bytes.</summary>
    private static void WriteText(ref MessagePackWriter writer, byte[] text) => writer.WriteString(text);
}
