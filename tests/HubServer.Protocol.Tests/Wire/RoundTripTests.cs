using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace HubServer.Protocol.Tests;

public sealed class RoundTripTests
{
    private const int Messages = 1_000;

    [Fact]
    public void Read_WhenAnItemWasWritten_GivesItBack() => RoundTrips(MessageGens.Item);

    [Fact]
    public void Read_WhenAFrameWasWritten_GivesItBack() => RoundTrips(MessageGens.Frame);

    [Fact]
    public void Read_WhenRowsWereWritten_GivesThemBack() => RoundTrips(MessageGens.Rows);

    [Fact]
    public void Read_WhenAQueryWasWritten_GivesItBack() => RoundTrips(MessageGens.QueryRequest);

    [Fact]
    public void Read_WhenAPublishWasWritten_GivesItBack() => RoundTrips(MessageGens.PublishRequest);

    [Fact]
    public void Read_WhenAPublishResultWasWritten_GivesItBack() => RoundTrips(MessageGens.PublishResult);

    [Fact]
    public void Read_WhenAListRequestWasWritten_GivesItBack() => RoundTrips(MessageGens.ListRequest);

    [Fact]
    public void Read_WhenChannelSettingsWereWritten_GivesThemBack() => RoundTrips(MessageGens.ChannelSettings);

    [Fact]
    public void Read_WhenAChannelListWasWritten_GivesItBack() => RoundTrips(MessageGens.ChannelList);

    [Fact]
    public void Read_WhenJsonKeysAreInAnyOrder_GivesTheSame()
    {
        Gen.Select(MessageGens.Item, Gen.Int).Sample((item, seed) => ReadsShuffled(item, seed), iter: Messages);
        Gen.Select(MessageGens.PublishRequest, Gen.Int).Sample((publish, seed) => ReadsShuffled(publish, seed), iter: Messages);
        Gen.Select(MessageGens.QueryRequest, Gen.Int).Sample((query, seed) => ReadsShuffled(query, seed), iter: Messages);
        Gen.Select(MessageGens.ChannelList, Gen.Int).Sample((list, seed) => ReadsShuffled(list, seed), iter: Messages);
    }

    [Theory]
    [InlineData("""{"entities":[null,{"NegInf":[2],"NaN":[0]}],"values":[[1,2,3],[null,null,null]],"fields":[{"name":"t"},{"name":"v"}]}""")]
    [InlineData("""{"x":{"y":[1,{}]},"values":[[1,2,3],[null,null,null]],"fields":[{"name":"t"},{"name":"v"}],"entities":[{"NaN":[],"Inf":[]},{"NaN":[0],"NegInf":[2]}]}""")]
    public void Read_WhenEntitiesComeFirstOrAreEmpty_PutsThemInPlace(string json)
    {
        var rows = Read<Rows>(WireFormat.Json, System.Text.Encoding.UTF8.GetBytes(json));

        Assert.Equal("< NaN null -Infinity(FFF0000000000000)>", MessageText.Of(rows.Columns[1]));
    }

    [Fact]
    public void Write_WhenDataWasEncodedBefore_GivesTheSameBytes() =>
        Gen.Select(MessageGens.Frame, Gen.Enum<WireFormat>()).Sample(
            (frame, format) =>
            {
                var data = Bytes(format, (ref WireWriter writer) => ColumnsCodec.WriteMap(ref writer, frame.Data));

                Assert.Equal(WireWriter.ToBytes(format, frame), Bytes(format, (ref WireWriter writer) => frame.Write(ref writer, data)));
            },
            iter: Messages);

    [Fact]
    public void Write_WithAHeadThatDeltasShare_GivesTheBytesOfTheFrame() =>
        Gen.Select(MessageGens.Frame, Gens.Offset, Gens.Count, Gen.Enum<WireFormat>()).Sample(
            (any, offset, count, format) =>
            {
                var data = Bytes(format, (ref WireWriter writer) => ColumnsCodec.WriteMap(ref writer, any.Data));
                var frame = new Frame { RefId = any.RefId, Channel = any.Channel, Kind = FrameKind.Delta, Epoch = any.Epoch, Offset = offset, Count = count, Data = any.Data };
                var head = new DeltaHead(format, any.RefId, any.Channel, any.Epoch);
                var written = Bytes(format, (ref WireWriter writer) => WriteTwice(ref writer, head, offset, count, data));

                Assert.Equal(Bytes(format, (ref WireWriter writer) => WriteTwice(ref writer, frame)), written);
                Assert.InRange(WireWriter.ToBytes(format, frame).Length, 0, head.MaxBytes + data.Length);
            },
            iter: Messages);

    private delegate void Writing(ref WireWriter writer);

    private static void WriteTwice(ref WireWriter writer, DeltaHead head, long offset, int count, byte[] data)
    {
        writer.BeginArray(2);
        head.Write(ref writer, offset, count, data);
        head.Write(ref writer, offset, count, data);
        writer.EndArray();
    }

    private static void WriteTwice(ref WireWriter writer, Frame frame)
    {
        writer.BeginArray(2);
        frame.Write(ref writer);
        frame.Write(ref writer);
        writer.EndArray();
    }

    private static byte[] Bytes(WireFormat format, Writing write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new WireWriter(format, buffer);
        write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void RoundTrips<T>(Gen<T> gen)
        where T : IWireType<T> =>
        gen.Sample(
            message =>
            {
                foreach (var format in Enum.GetValues<WireFormat>())
                    Assert.Equal(MessageText.Of(message), MessageText.Of(Read<T>(format, WireWriter.ToBytes(format, message))));
            },
            iter: Messages);

    private static void ReadsShuffled<T>(T message, int seed)
        where T : IWireType<T>
    {
        var json = JsonNode.Parse(WireWriter.ToBytes(WireFormat.Json, message));
        var shuffled = JsonSerializer.SerializeToUtf8Bytes(Shuffled(json, new Random(seed)));

        Assert.Equal(MessageText.Of(message), MessageText.Of(Read<T>(WireFormat.Json, shuffled)));
    }

    private static JsonNode? Shuffled(JsonNode? node, Random random)
    {
        switch (node)
        {
            case JsonObject map:
                var pairs = map.ToArray();
                random.Shuffle(pairs);
                return new JsonObject(pairs.Select(pair => KeyValuePair.Create(pair.Key, Shuffled(pair.Value, random))));
            case JsonArray array:
                return new JsonArray([.. array.Select(element => Shuffled(element, random))]);
            default:
                return node?.DeepClone();
        }
    }

    private static T Read<T>(WireFormat format, byte[] bytes)
        where T : IWireType<T> => WireReader.Read<T>(format, bytes);
}
