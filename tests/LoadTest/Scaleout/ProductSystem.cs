using System.Diagnostics;
using System.Globalization;
using HubServer.Protocol;
using MessagePack;

namespace HubServer.LoadTest.Scaleout;

/// <summary>HubServer with its Redis backplane.</summary>
internal sealed class ProductSystem : IScaleoutSystem
{
    /// <summary>Some 20 intervals of the fastest channel: a subscriber is not meant to be lapped here.</summary>
    private const string Capacity = "50000";

    private const int StreamItem = 2;

    public string Name => "hubserver";

    public string ReadyPath => "/readyz";

    public ProcessStartInfo NodeOf(int number, int port, int redisPort, Load load)
    {
        return new ProcessStartInfo("dotnet", [Paths.Product, "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")])
        {
            Environment =
            {
                ["HubServer__Backplane__Redis__ConnectionString"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redisPort}"),
                ["HubServer__Sources__Host__Enabled"] = "false",
                ["HubServer__Node"] = string.Create(CultureInfo.InvariantCulture, $"n{number}"),
                ["HubServer__Queries__MaxChannels"] = load.Channels.ToString(CultureInfo.InvariantCulture),
                ["HubServer__Channels__Capacity"] = load.BlockRows > 1 ? Capacity : "1000",
            },
        };
    }

    public byte[] Publish(string invocationId, Load load, int[] channels)
    {
        var request = new PublishRequest { Batches = [.. channels.Select(channel => new PublishBatch(load.ChannelId(channel), RowsOf(load, channel)))] };
        return HubSocket.Call(1, invocationId, "Publish", WireWriter.ToBytes(WireFormat.MessagePack, request));
    }

    public int ReadTaken(ref MessagePackReader result, int rows)
    {
        var taken = 0;
        for (var left = result.ReadArrayHeader(); left > 0; left--)
        {
            for (var keys = result.ReadMapHeader(); keys > 0; keys--)
            {
                var key = ReadKey(ref result);
                if (key.SequenceEqual("count"u8))
                    taken += result.ReadInt32();
                else if (key.SequenceEqual("error"u8))
                    throw new InvalidOperationException(MessagePackSerializer.ConvertToJson(result.ReadRaw()));
                else
                    result.Skip();
            }
        }

        return taken == rows ? taken : throw new InvalidOperationException($"of {rows} rows {taken} were taken");
    }

    public IEnumerable<byte[]> Subscribe(Load load, int intervalMs)
    {
        var query = new QueryRequest { Targets = [new Target { Channel = load.Selector }], IntervalMs = intervalMs };
        yield return HubSocket.Call(4, "q", "Query", WireWriter.ToBytes(WireFormat.MessagePack, query));
    }

    public void ReadMessage(ReadOnlyMemory<byte> message, Subscriber subscriber)
    {
        var reader = new MessagePackReader(message);
        reader.ReadArrayHeader();
        var type = reader.ReadInt32();
        if (type != StreamItem)
        {
            RequirePing(type, message);
            return;
        }

        reader.Skip();
        reader.Skip();
        for (var keys = reader.ReadMapHeader(); keys > 0; keys--)
        {
            var key = ReadKey(ref reader);
            if (key.SequenceEqual("frames"u8))
                ReadFrames(ref reader, subscriber);
            else if (key.SequenceEqual("state"u8) && ReadKey(ref reader).SequenceEqual("Streaming"u8))
                subscriber.OnAnswer();
            else if (!key.SequenceEqual("state"u8))
                reader.Skip();
        }
    }

    private static void RequirePing(int type, ReadOnlyMemory<byte> message)
    {
        const int ping = 6;
        if (type != ping)
            throw new InvalidOperationException($"the query ended: {MessagePackSerializer.ConvertToJson(message)}");
    }

    private static Rows RowsOf(Load load, int channel) =>
        new([.. Load.Fields.Select(static name => new RowField(name))], [.. load.ColumnsOf(channel).Select(static values => new Column(values))]);

    private static void ReadFrames(ref MessagePackReader reader, Subscriber subscriber)
    {
        for (var frames = reader.ReadArrayHeader(); frames > 0; frames--)
        {
            var (channel, offset, count, announced) = (0, 0L, 0, 0L);
            for (var keys = reader.ReadMapHeader(); keys > 0; keys--)
            {
                var key = ReadKey(ref reader);
                if (key.SequenceEqual("channel"u8))
                    channel = Load.ChannelOf(ReadKey(ref reader));
                else if (key.SequenceEqual("offset"u8))
                    offset = reader.ReadInt64();
                else if (key.SequenceEqual("count"u8))
                    count = reader.ReadInt32();
                else if (key.SequenceEqual("gap"u8))
                    announced = ReadGap(ref reader);
                else if (key.SequenceEqual("data"u8))
                    ReadData(ref reader, subscriber);
                else
                    reader.Skip();
            }

            subscriber.OnRows(channel, offset, count, announced);
        }
    }

    private static long ReadGap(ref MessagePackReader reader)
    {
        var (from, to) = (0L, -1L);
        for (var keys = reader.ReadMapHeader(); keys > 0; keys--)
        {
            var key = ReadKey(ref reader);
            if (key.SequenceEqual("from"u8))
                from = reader.ReadInt64();
            else if (key.SequenceEqual("to"u8))
                to = reader.TryReadNil() ? -1 : reader.ReadInt64();
            else
                reader.Skip();
        }

        return Math.Max(0, to - from + 1);
    }

    private static void ReadData(ref MessagePackReader reader, Subscriber subscriber)
    {
        for (var keys = reader.ReadMapHeader(); keys > 0; keys--)
        {
            if (!ReadKey(ref reader).SequenceEqual("values"u8))
            {
                reader.Skip();
                continue;
            }

            for (var columns = reader.ReadArrayHeader(); columns > 1; columns--)
                reader.Skip();
            if (reader.ReadBytes() is { } stamps)
                subscriber.OnStamps(stamps);
        }
    }

    private static ReadOnlySpan<byte> ReadKey(ref MessagePackReader reader) =>
        reader.TryReadStringSpan(out var text) ? text : throw new InvalidOperationException("a text is expected");
}
