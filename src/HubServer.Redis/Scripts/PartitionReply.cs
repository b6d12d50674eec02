using System.Buffers;
using HubServer.Protocol;
using MessagePack;

namespace HubServer.Redis;

/// <summary>The script's reply; the format stands in <c>partition.lua</c>.</summary>
/// <param name="IsLate">Whether a later call of this node was answered before, so that this one was not looked at.</param>
/// <param name="Generation">The partition's generation.</param>
/// <param name="Sequence">The number of its newest message.</param>
/// <param name="Results">One result for each operation.</param>
internal sealed record PartitionReply(bool IsLate, string Generation, long Sequence, OperationResult[] Results)
{
    public static PartitionReply Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new MessagePackReader(bytes);
        var parts = reader.ReadArrayHeader();
        var generation = reader.ReadString() ?? "";
        if (parts == 1)
            return new PartitionReply(true, "", 0, []);
        var sequence = reader.ReadInt64();
        var results = new OperationResult[CountOf(ref reader)];
        for (var i = 0; i < results.Length; i++)
            results[i] = ReadResult(ref reader);
        return new PartitionReply(false, generation, sequence, results);
    }

    /// <summary>An empty table of Lua is written as an empty map.</summary>
    internal static int CountOf(ref MessagePackReader reader) =>
        reader.NextMessagePackType == MessagePackType.Map ? reader.ReadMapHeader() : reader.ReadArrayHeader();

    private static OperationResult ReadResult(ref MessagePackReader reader)
    {
        var parts = reader.ReadArrayHeader();
        var status = reader.ReadString();
        switch (status)
        {
            case "gone": return new OperationResult(OperationStatus.Gone);
            case "empty": return new OperationResult(OperationStatus.Empty);
            case "kept": return new OperationResult(OperationStatus.Kept);
            case "old": return new OperationResult(OperationStatus.Old, Offset: reader.ReadInt64());
            case "again": return new OperationResult(OperationStatus.Again, Epoch: reader.ReadString() ?? "", Offset: reader.ReadInt64(), Count: reader.ReadInt32());
        }

        var epoch = reader.ReadString() ?? "";
        var next = reader.ReadInt64();
        var hash = reader.ReadString() ?? "";
        var lineage = LineageText.Read(reader.ReadString() ?? "");
        var capacity = reader.ReadInt32();
        var state = new ChannelState(epoch, next, hash, lineage, capacity, SchemaText.ReadSettings(ReadBytes(ref reader)), ReadTime(ref reader));
        return status switch
        {
            "ok" => new OperationResult(OperationStatus.Ok, state, epoch, parts > 8 ? reader.ReadInt64() : -1),
            "stale" => new OperationResult(OperationStatus.Stale, state, Schema: ReadSchema(hash, ReadBytes(ref reader))),
            _ => new OperationResult(OperationStatus.Foreign, state),
        };
    }

    private static Schema? ReadSchema(string hash, ReadOnlyMemory<byte> text) => hash.Length == 0 ? Schema.Empty : SchemaText.ReadSchema(text);

    /// <summary>A time, or "" for none.</summary>
    internal static double? ReadTime(ref MessagePackReader reader)
    {
        if (reader.NextMessagePackType != MessagePackType.String)
            return reader.ReadDouble();
        reader.Skip();
        return null;
    }

    /// <summary>Lua's strings are bytes and are written as <c>str</c>, whatever they hold.</summary>
    internal static ReadOnlyMemory<byte> ReadBytes(ref MessagePackReader reader) =>
        reader.ReadStringSequence() is { } text ? text.IsSingleSegment ? text.First : text.ToArray() : default;
}
