using System.Text;
using System.Text.Json;
using CsCheck;
using MessagePack;
using MessagePack.Resolvers;

namespace HubServer.Protocol.Tests;

/// <summary>The serializers of SignalR's hub protocols find our codecs by themselves.</summary>
public sealed class SerializerTests
{
    // As SignalR's MessagePack hub protocol: a resolver that takes any contract, and limits against hostile input.
    private static readonly MessagePackSerializerOptions Pack =
        MessagePackSerializerOptions.Standard.WithResolver(ContractlessStandardResolver.Instance).WithSecurity(MessagePackSecurity.UntrustedData);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly JsonSerializerOptions JsonInSmallBuffers = new(JsonSerializerDefaults.Web) { DefaultBufferSize = 16 };

    [Fact]
    public void Serialize_WhenLeftToTheSerializers_GivesOurBytes()
    {
        MessageGens.QueryRequest.Sample(PassesThrough, iter: 200);
        MessageGens.PublishRequest.Sample(PassesThrough, iter: 200);
        MessageGens.Item.Sample(PassesThrough, iter: 200);
        MessageGens.PublishResult.Sample(PassesThrough, iter: 200);
        MessageGens.ListRequest.Sample(PassesThrough, iter: 200);
        MessageGens.ChannelList.Sample(PassesThrough, iter: 200);
        MessageGens.Rows.Sample(PassesThrough, iter: 200);
    }

    [Fact]
    public void Serialize_WhenAnArrayOfResults_GivesItsElements() =>
        MessageGens.PublishResult.Array[0, 3].Sample(
            results =>
            {
                var json = JsonSerializer.SerializeToUtf8Bytes(results, Json);
                var pack = MessagePackSerializer.Serialize(results, Pack);

                Assert.Equal(MessageText.Of(results), MessageText.Of(JsonSerializer.Deserialize<PublishResult[]>(json, Json)));
                Assert.Equal(MessageText.Of(results), MessageText.Of(MessagePackSerializer.Deserialize<PublishResult[]>(pack, Pack)));
            },
            iter: 200);

    [Fact]
    public void Deserialize_WhenJsonIsWrong_ThrowsTheProtocolExceptionItself()
    {
        var error = Assert.Throws<ProtocolException>(() => JsonSerializer.Deserialize<QueryRequest>("""{"version":1,"targets":[{"rows":"x"}]}""", Json));

        Assert.Equal("targets[0].rows: expected a number, found a string", error.Message);
    }

    [Fact]
    public void Deserialize_WhenJsonTextIsNoText_ThrowsTheProtocolExceptionItself()
    {
        var error = Assert.Throws<ProtocolException>(() => JsonSerializer.Deserialize<ListRequest>("""{"selector":"\ud83d"}""", Json));

        Assert.Equal(ErrorCode.BadRequest, error.Code);
        Assert.StartsWith("selector: the JSON is malformed: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deserialize_WhenJsonIsNull_ThrowsTheProtocolExceptionItself()
    {
        var error = Assert.Throws<ProtocolException>(() => JsonSerializer.Deserialize<PublishRequest>("null", Json));

        Assert.Equal("expected an object, found null", error.Message);
        Assert.Equal("null", JsonSerializer.Serialize<PublishRequest?>(null, Json));
    }

    [Theory]
    [InlineData("C0", "expected an object, found null")]
    [InlineData("81A8 73656C6563746F72 01", "selector: expected a string, found a number")]
    [InlineData("81A8 73656C6563746F72 A1FF", "selector: the MessagePack is malformed: ")]
    [InlineData("81A8 73656C6563746F72 A5", "selector: the MessagePack is malformed: ")]
    public void Deserialize_WhenMessagePackIsWrong_CarriesTheProtocolExceptionInside(string hex, string start)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var outer = Assert.Throws<MessagePackSerializationException>(() => MessagePackSerializer.Deserialize<ListRequest>(bytes, Pack));

        var error = Assert.IsType<ProtocolException>(outer.InnerException);
        Assert.Equal(ErrorCode.BadRequest, error.Code);
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Serialize_WhenMessagePackIsNull_WritesNil() =>
        Assert.Equal([0xC0], MessagePackSerializer.Serialize<Item?>(null, Pack));

    [Fact]
    public async Task Deserialize_WhenJsonIsStreamedInSmallBuffers_PassesOverUnknownKeys()
    {
        var unknown = new string('x', 1_000);
        var json = $$$"""[{"fields":[{"name":"v","unknown":{"a":["{{{unknown}}}"]}}],"unknown":[["{{{unknown}}}"]],"values":[[1,2]]},{"fields":[],"values":[]}]""";
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));

        var all = await JsonSerializer.DeserializeAsync<Rows[]>(stream, JsonInSmallBuffers, TestContext.Current.CancellationToken);

        Assert.Equal([2, 0], Assert.IsType<Rows[]>(all).Select(rows => rows.Count));
    }

    private static void PassesThrough<T>(T message)
        where T : IWireType<T>
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, Json);
        var pack = MessagePackSerializer.Serialize(message, Pack);

        Assert.Equal(MessageText.Of(message), MessageText.Of(JsonSerializer.Deserialize<T>(json, Json)));
        Assert.Equal(WireWriter.ToBytes(WireFormat.MessagePack, message), pack);
        Assert.Equal(MessageText.Of(message), MessageText.Of(MessagePackSerializer.Deserialize<T>(pack, Pack)));
    }
}
