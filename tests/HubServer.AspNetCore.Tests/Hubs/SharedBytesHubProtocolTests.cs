using System.Buffers;
using System.Text;
using System.Text.Json;
using HubServer.AspNetCore.Hubs;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace HubServer.AspNetCore.Tests.Hubs;

/// <summary>What is copied behind a call's envelope is what the stock protocol would have written.</summary>
public sealed class SharedBytesHubProtocolTests
{
    public static TheoryData<WireFormat, string> InvocationIds
    {
        get
        {
            var data = new TheoryData<WireFormat, string>();
            foreach (var format in new[] { WireFormat.Json, WireFormat.MessagePack })
            {
                foreach (var id in new[] { "1", "a\"b\\c", "\u0001\n\t", "größe 温度 \U0001F600", "</script>&'", new string('x', 31), new string('x', 32), new string('x', 255), new string('x', 256), new string('q', 300), new string('ü', 70_000) })
                    data.Add(format, id);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(InvocationIds))]
    public void WriteMessage_WhenAnInvocationIdIsUnusual_WritesWhatTheStockProtocolWrites(WireFormat format, string invocationId)
    {
        AssertSame(format, invocationId, Item("x"));
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public void WriteMessage_WhenAnItemHasAnyLength_WritesWhatTheStockProtocolWrites(WireFormat format)
    {
        // The length prefix grows at 128 and at 16384 bytes of the whole message.
        var empty = Shared(format).GetMessageBytes(new StreamItemMessage("1", Encoded(format, Item("")))).Length;
        foreach (var size in new[] { 127, 128, 16_383, 16_384, 65_536, 2_097_151, 2_097_152 })
        {
            for (var length = Math.Max(0, size - empty - 8); length <= Math.Max(0, size - empty + 8); length++)
                AssertSame(format, "1", Item(new string('x', length)));
        }
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public void WriteMessage_WhenThereAreSeveral_WritesThemAfterEachOther(WireFormat format)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var name in new[] { "a", "b", "c" })
            Shared(format).WriteMessage(new StreamItemMessage(name, Encoded(format, Item(name))), output);

        var rest = new ReadOnlySequence<byte>(output.WrittenMemory);
        foreach (var name in new[] { "a", "b", "c" })
        {
            Assert.True(Stock(format).TryParseMessage(ref rest, Binder.Instance, out var message));
            var item = Assert.IsType<StreamItemMessage>(message);
            Assert.Equal(name, item.InvocationId);
            Assert.Equal(name, Assert.IsType<Item>(item.Item).Frames[0].RefId);
        }

        Assert.True(rest.IsEmpty);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public void WriteMessage_WhenItIsNoItemOfAQuery_PassesOn(WireFormat format)
    {
        HubMessage[] messages =
        [
            PingMessage.Instance,
            CompletionMessage.WithError("1", "bad_request: no"),
            CompletionMessage.WithResult("2", new[] { new PublishResult("cpu", "e", 0, 1) }),
            new StreamItemMessage("3", new[] { new PublishResult("cpu", "e", 0, 1) }),
            new StreamItemMessage("4", null),
            new CloseMessage("bye"),
        ];
        foreach (var message in messages)
        {
            var output = new ArrayBufferWriter<byte>();
            Shared(format).WriteMessage(message, output);
            Assert.Equal(Stock(format).GetMessageBytes(message).ToArray(), output.WrittenSpan.ToArray());
            Assert.Equal(output.WrittenSpan.ToArray(), Shared(format).GetMessageBytes(message).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public void Name_WhenAsked_IsThatOfTheStockProtocol(WireFormat format)
    {
        Assert.Equal(
            (Stock(format).Name, Stock(format).Version, Stock(format).TransferFormat, true),
            (Shared(format).Name, Shared(format).Version, Shared(format).TransferFormat, Shared(format).IsVersionSupported(1)));
    }

    [Fact]
    public async Task Query_WhenBothProtocolsReadOneFeed_GetEqualItems()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 0, count: 10);
        await using var json = await RunningQuery.StreamingAsync(await server.ConnectAsync(Wire.Json), "cpu");
        await using var pack = await RunningQuery.StreamingAsync(await server.ConnectAsync(Wire.MessagePack), "cpu");
        Assert.Equal(1, server.Node.Status().Feeds);

        // One row after the other, so that both get each as an item of its own.
        for (var i = 10; i < 40; i++)
        {
            await server.PublishAsync("cpu", [new RowField("value"), new RowField($"field{i / 10}")], new Column([i, double.NaN]), new Column([null, $"text \"{i}\""]));
            await json.EventuallyAsync(() => json.Held("cpu").Next == (2 * i) - 8 && pack.Held("cpu").Next == (2 * i) - 8, "both get the rows");
        }

        // All but the first, which carries each query's own time.
        Assert.Equal(json.Items.Skip(1).Select(AsJson), pack.Items.Skip(1).Select(AsJson));
        Assert.Equal(AsJson(new Item { Head = default, Frames = json.Items[0].Frames }), AsJson(new Item { Head = default, Frames = pack.Items[0].Frames }));
        Assert.True(server.Node.Status().SharedItems >= 30, $"{server.Node.Status().SharedItems} shared items");
    }

    private static void AssertSame(WireFormat format, string invocationId, Item item)
    {
        var message = new StreamItemMessage(invocationId, Encoded(format, item));
        var written = new ArrayBufferWriter<byte>();
        Shared(format).WriteMessage(message, written);
        Assert.Equal(Shared(format).GetMessageBytes(message).ToArray(), written.WrittenSpan.ToArray());

        var stock = Stock(format).GetMessageBytes(new StreamItemMessage(invocationId, item));
        if (format == WireFormat.MessagePack)
            Assert.Equal(stock.ToArray(), written.WrittenSpan.ToArray());
        else
            Assert.True(JsonElement.DeepEquals(AsElement(stock), AsElement(written.WrittenMemory)), Encoding.UTF8.GetString(written.WrittenSpan));

        var rest = new ReadOnlySequence<byte>(written.WrittenMemory);
        Assert.True(Stock(format).TryParseMessage(ref rest, Binder.Instance, out var parsed));
        var read = Assert.IsType<StreamItemMessage>(parsed);
        Assert.Equal((invocationId, AsJson(item)), (read.InvocationId, AsJson(Assert.IsType<Item>(read.Item))));
        Assert.True(rest.IsEmpty);
    }

    private static Item Item(string refId) => new()
    {
        Head = new ItemHead(ItemState.Streaming),
        Frames = [new Frame { RefId = refId, Channel = "cpu{host=\"a\"}", Kind = FrameKind.Delta, Epoch = "e", Offset = 5, Count = 2, Data = [new Column([1.5, double.NaN]), new Column(["ü\"", null])] }],
    };

    private static PrivateItemBytes Encoded(WireFormat format, Item item) => new(WireWriter.ToBytes(format, item));

    private static JsonElement AsElement(ReadOnlyMemory<byte> message)
    {
        Assert.Equal(0x1E, message.Span[^1]);
        return JsonSerializer.Deserialize<JsonElement>(message.Span[..^1]);
    }

    private static string AsJson(Item item) => Encoding.UTF8.GetString(WireWriter.ToBytes(WireFormat.Json, item));

    private static SharedBytesHubProtocol Shared(WireFormat format) => new(Stock(format), format);

    private static IHubProtocol Stock(WireFormat format) => format == WireFormat.Json ? new JsonHubProtocol() : new MessagePackHubProtocol();

    private sealed class PrivateItemBytes(byte[] bytes) : StreamItem
    {
        public override ReadOnlyMemory<byte> Bytes(WireFormat format) => bytes;
    }

    private sealed class Binder : IInvocationBinder
    {
        public static readonly Binder Instance = new();

        public Type GetReturnType(string invocationId) => typeof(object);

        public IReadOnlyList<Type> GetParameterTypes(string methodName) => [];

        public Type GetStreamItemType(string streamId) => typeof(Item);
    }
}
