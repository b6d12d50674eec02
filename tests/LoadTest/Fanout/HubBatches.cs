using System.Buffers;
using System.Text.Json;
using HubServer.LoadTest.Baseline;
using HubServer.Protocol;
using MessagePack;
using MessagePack.Resolvers;

namespace HubServer.LoadTest.Fanout;

/// <summary>What the hubs of the baseline are sent.</summary>
internal static class HubBatches
{
    /// <summary>An argument, in the protocol.</summary>
    public static byte[] Encode<T>(WireFormat format, T argument) => format == WireFormat.MessagePack
        ? MessagePackSerializer.Serialize(argument, ContractlessStandardResolver.Options)
        : JsonSerializer.SerializeToUtf8Bytes(argument);

    /// <summary>Writes one call that publishes a row to each channel.</summary>
    public static void Write(IBufferWriter<byte> to, ReadOnlySpan<string> channels, double stamp)
    {
        var batches = new FanoutBatch[channels.Length];
        for (var i = 0; i < batches.Length; i++)
            batches[i] = new FanoutBatch { Channel = channels[i], Row = new FanoutRow { Time = stamp, Value = RowWriting.ValueOf(stamp), M = RowWriting.Text } };
        to.Write(HubSocket.Call(HubOpenings.Invocation, "1", nameof(GroupsHub.Publish), Encode(WireFormat.MessagePack, batches)));
    }
}
