using System.Buffers;
using CsCheck;
using MessagePack;

namespace HubServer.Redis.Tests.Partitions;

public sealed class PartitionMessageTests
{
    private const int DeepNesting = 200_000;

    private static readonly Gen<byte[]> Messages = Gen.OneOf(
        Gen.Int[0, 3].Select(blocks => Happened(blocks)),
        Gen.Const(PartitionMessage.Ask("cpu{host=\"a\"}")),
        Gen.Const(Write(static (ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(3);
            writer.Write(3);
            writer.Write("g");
            writer.Write(7);
        })));

    [Fact]
    public void Read_OfAMessage_GivesEachBlock()
    {
        var message = PartitionMessage.Read(Happened(2))!;

        Assert.Equal(("g", 7L, false, null), (message.Generation, message.Sequence, message.IsTick, message.Wanted));
        Assert.Equal([MessageBlockKind.Append, MessageBlockKind.Append, MessageBlockKind.Seed, MessageBlockKind.Remove], message.Blocks.Select(block => block.Kind));
        var block = message.Blocks[0];
        Assert.Equal(("cpu", "g.1", 5L, 2, "hash", 12.5, "p", 9L), (block.Channel, block.Epoch, block.Offset, block.Count, block.SchemaHash, block.LastTime, block.Publisher, block.Sequence));
        Assert.Equal([1, 2, 3], block.Rows.ToArray());
        Assert.Equal(("cpu", "g.9"), (message.Blocks[2].Channel, message.Blocks[2].Epoch));
    }

    [Fact]
    public void Read_OfAnAsk_GivesTheChannel()
    {
        var message = PartitionMessage.Read(PartitionMessage.Ask("cpu{host=\"a\"}"))!;
        Assert.Equal(("cpu{host=\"a\"}", 0), (message.Wanted, message.Blocks.Length));
    }

    [Fact]
    public void Read_OfAnEmptyTable_WhichLuaWritesAsAMap_GivesNoBlock()
    {
        var message = PartitionMessage.Read(Write(static (ref MessagePackWriter writer) =>
        {
            WriteHead(ref writer);
            writer.WriteMapHeader(0);
        }))!;
        Assert.Empty(message.Blocks);
    }

    [Fact]
    public void Read_OfDamagedBytes_NeverThrows() => Damage.Of(Messages).Sample(bytes => PartitionMessage.Read(bytes) is null or { Blocks: not null }, iter: 20_000);

    [Fact]
    public void Read_OfArraysWithinArrays_NeedsNoStackForEach()
    {
        byte[] bytes = [0x96, 0x01, 0xA1, (byte)'g', 0x07, .. Enumerable.Repeat((byte)0x91, DeepNesting)];
        Assert.Null(PartitionMessage.Read(bytes));
    }

    private static byte[] Happened(int appended) => Write((ref MessagePackWriter writer) =>
    {
        WriteHead(ref writer);
        writer.WriteArrayHeader(appended + 2);
        for (var i = 0; i < appended; i++)
            WriteAppended(ref writer);
        foreach (var kind in (string[])["s", "r"])
        {
            writer.WriteArrayHeader(3);
            writer.Write(kind);
            writer.Write("cpu");
            writer.Write("g.9");
        }
    });

    private static void WriteHead(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(6);
        writer.Write(1);
        writer.Write("g");
        writer.Write(7);
        writer.Write("node");
        writer.Write(3);
    }

    private static void WriteAppended(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(13);
        writer.Write("a");
        writer.Write("cpu");
        writer.Write("g.1");
        writer.Write(5);
        writer.Write(2);
        writer.Write("hash");
        writer.Write(1_000);
        writer.Write("");
        writer.Write(12.5);
        writer.Write("p");
        writer.Write(9);
        writer.WriteString([]);
        writer.WriteString([1, 2, 3]);
    }

    private static byte[] Write(WriteMessage write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private delegate void WriteMessage(ref MessagePackWriter writer);
}
