using System.Text;
using HubServer.Protocol;
using MessagePack;

namespace HubServer.Redis;

/// <summary>A message of a partition; the format stands in <c>partition.lua</c>.</summary>
/// <param name="Generation">The partition's generation.</param>
/// <param name="Sequence">The message's number, which goes up by one; that of the message before for a tick.</param>
/// <param name="IsTick">Whether it says no more than what the newest message was.</param>
/// <param name="Blocks">What happened.</param>
/// <param name="Wanted">The channel that whoever keeps its ring is asked to check; null in any other message.</param>
internal sealed record PartitionMessage(string Generation, long Sequence, bool IsTick, MessageBlock[] Blocks, string? Wanted = null)
{
    private const int Happened = 1;
    private const int Asked = 2;
    private const int Tick = 3;

    /// <summary>Asks whoever keeps the ring of a channel to check it.</summary>
    public static byte[] Ask(string channel)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(2);
        writer.Write(Asked);
        writer.Write(channel);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null for a message of another format, or that is damaged.</summary>
    public static PartitionMessage? Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var reader = new MessagePackReader(bytes);
            reader.ReadArrayHeader();
            var kind = reader.ReadInt32();
            if (kind == Asked)
                return reader.ReadString() is { } wanted ? new PartitionMessage("", 0, false, [], wanted) : null;
            if (kind is not (Happened or Tick))
                return null;

            var generation = reader.ReadString() ?? "";
            var sequence = reader.ReadInt64();
            if (kind == Tick)
                return new PartitionMessage(generation, sequence, true, []);
            reader.Skip();
            reader.Skip();
            var blocks = new MessageBlock[PartitionReply.CountOf(ref reader)];
            var (epoch, hash) = ("", "");
            for (var i = 0; i < blocks.Length; i++)
                blocks[i] = ReadBlock(ref reader, ref epoch, ref hash);
            return new PartitionMessage(generation, sequence, false, blocks);
        }
        catch (Exception damaged) when (WireReader.IsMalformed(damaged))
        {
            return null;
        }
    }

    /// <summary>The blocks of a message mostly have one epoch and one schema, whose texts are then read once.</summary>
    private static MessageBlock ReadBlock(ref MessagePackReader reader, ref string epoch, ref string hash)
    {
        reader.ReadArrayHeader();
        var kind = PartitionReply.ReadBytes(ref reader).Span;
        var channel = reader.ReadString() ?? "";
        epoch = ReadText(ref reader, epoch);
        if (!kind.SequenceEqual("a"u8))
            return new MessageBlock(kind.SequenceEqual("s"u8) ? MessageBlockKind.Seed : MessageBlockKind.Remove, channel, epoch);

        var (offset, count) = (reader.ReadInt64(), reader.ReadInt32());
        hash = ReadText(ref reader, hash);
        reader.Skip();
        var settings = PartitionReply.ReadBytes(ref reader);
        var lastTime = PartitionReply.ReadTime(ref reader);
        var (publisher, number) = (ReadText(ref reader, ""), reader.ReadInt64());
        return new MessageBlock(MessageBlockKind.Append, channel, epoch, offset, count, hash, settings, lastTime, publisher, number, PartitionReply.ReadBytes(ref reader), PartitionReply.ReadBytes(ref reader));
    }

    /// <summary>A text, which is the one before where it says the same.</summary>
    private static string ReadText(ref MessagePackReader reader, string before)
    {
        var bytes = PartitionReply.ReadBytes(ref reader).Span;
        return Ascii.Equals(bytes, before) ? before : Encoding.UTF8.GetString(bytes);
    }
}
