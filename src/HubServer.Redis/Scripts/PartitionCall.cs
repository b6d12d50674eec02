using System.Buffers;
using HubServer.Core;
using MessagePack;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>Collects operations for one run of the script; the format stands in <c>partition.lua</c>.</summary>
internal sealed class PartitionCall(string prefix, string node, long number)
{
    private readonly ArrayBufferWriter<byte> _operations = new();
    private readonly List<RedisValue> _rows = [];

    /// <summary>The operations so far.</summary>
    public int Count => _rows.Count;

    /// <summary>Appends a block, whose channel the node holds in an epoch ("" where it holds nothing of it).</summary>
    public void Append(Block block, string held, int capacity)
    {
        var writer = Begin(11, "a", block.Channel.Text);
        writer.Write(held);
        writer.Write(block.BaseHash);
        writer.Write(block.Schema.Hash);
        WriteText(ref writer, block.Schema.Hash == block.BaseHash ? [] : SchemaText.Of(block.Schema));
        writer.Write(block.Count);
        writer.Write(capacity);
        writer.Write(block.PublisherId ?? "");
        writer.Write(block.Sequence);
        WriteText(ref writer, block.Settings is null ? [] : SchemaText.Of(block.Settings));
        End(ref writer, BlockRows.Encode(block.Columns));
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
        writer.WriteArrayHeader(4);
        writer.Write(prefix);
        writer.Write(node);
        writer.Write(number);
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

    /// <summary>Redis' MessagePack knows no <c>bin</c>, and Lua's strings are bytes.</summary>
    private static void WriteText(ref MessagePackWriter writer, byte[] text) => writer.WriteString(text);
}
