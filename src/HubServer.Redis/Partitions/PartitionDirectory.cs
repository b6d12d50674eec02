using HubServer.Core;
using MessagePack;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>All channels of a partition, read in one step.</summary>
/// <param name="Generation">The partition's generation then.</param>
/// <param name="Sequence">The number of its newest message then.</param>
/// <param name="Past">The generations before, with the number of the newest message of each.</param>
/// <param name="Channels">The channels by their ids.</param>
internal sealed record PartitionDirectory(string Generation, long Sequence, Lineage Past, Dictionary<string, ChannelState> Channels)
{
    /// <summary>Reads the hash that <c>partition.lua</c> keeps.</summary>
    public static async Task<PartitionDirectory> ReadAsync(IDatabaseAsync redis, string prefix)
    {
        var fields = await redis.HashGetAllAsync($"{prefix}d", CommandFlags.DemandMaster);
        var channels = new Dictionary<string, ChannelState>(fields.Length, StringComparer.Ordinal);
        var (generation, sequence, past) = ("", 0L, Lineage.None);
        foreach (var field in fields)
        {
            // What somebody else wrote into the hash is no channel, for the script either.
            if (field.Name.IsNullOrEmpty)
                (generation, sequence, past) = ReadHead((byte[]?)field.Value ?? []);
            else if (TryReadChannel((byte[]?)field.Value ?? []) is { } channel)
                channels[field.Name.ToString()] = channel;
        }

        return new PartitionDirectory(generation, sequence, past, channels);
    }

    /// <summary>
    /// Whether a channel that a node has in this epoch was removed: it is not here. One that began after this was read is
    /// not here either; the node may have it from the reply to its own call.
    /// </summary>
    public bool Lacks(string channel, string epoch) =>
        !Channels.ContainsKey(channel) && Epoch.BeganIn(epoch, Generation, Sequence, Past);

    private static (string Generation, long Sequence, Lineage Past) ReadHead(byte[] bytes)
    {
        var reader = new MessagePackReader(bytes);
        reader.ReadArrayHeader();
        var sequence = reader.ReadInt64();
        var generation = reader.ReadString() ?? "";
        reader.Skip();
        return (generation, sequence, LineageText.Read(reader.ReadString() ?? ""));
    }

    private static ChannelState? TryReadChannel(byte[] bytes)
    {
        try
        {
            var reader = new MessagePackReader(bytes);
            reader.ReadArrayHeader();
            return ReadChannel(ref reader);
        }
        catch (Exception damaged) when (Protocol.WireReader.IsMalformed(damaged))
        {
            return null;
        }
    }

    private static ChannelState ReadChannel(ref MessagePackReader reader)
    {
        var next = reader.ReadInt64();
        var hash = reader.ReadString() ?? "";
        var capacity = reader.ReadInt32();
        var epoch = reader.ReadString() ?? "";
        reader.Skip();
        var lineage = LineageText.Read(reader.ReadString() ?? "");
        var settings = SchemaText.ReadSettings(PartitionReply.ReadBytes(ref reader));
        return new ChannelState(epoch, next, hash, lineage, capacity, settings, PartitionReply.ReadTime(ref reader));
    }
}
