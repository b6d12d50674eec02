using CsCheck;

namespace HubServer.Protocol.Tests;

/// <summary>Whatever the bytes, a reader gives a message or a <see cref="ProtocolException"/>, and ends.</summary>
public sealed class DamagedBytesTests
{
    private static readonly WireFormat[] Formats = Enum.GetValues<WireFormat>();

    [Fact]
    public void Read_WhenCutShortAnywhere_IsRefused()
    {
        CutShort(MessageGens.Item);
        CutShort(MessageGens.QueryRequest);
        CutShort(MessageGens.PublishRequest);
        CutShort(MessageGens.PublishResult);
        CutShort(MessageGens.ListRequest);
        CutShort(MessageGens.ChannelList);
        CutShort(MessageGens.Rows);
    }

    [Fact]
    public void Read_WhenBytesAreChanged_GivesAMessageOrABadRequest()
    {
        Changed(MessageGens.Item);
        Changed(MessageGens.QueryRequest);
        Changed(MessageGens.PublishRequest);
        Changed(MessageGens.PublishResult);
        Changed(MessageGens.ListRequest);
        Changed(MessageGens.ChannelList);
        Changed(MessageGens.Rows);
    }

    [Fact]
    public void Read_WhenBytesAreGarbage_GivesAMessageOrABadRequest() =>
        Gen.Byte.Array[0, 64].Sample(
            bytes =>
            {
                foreach (var format in Formats)
                {
                    Survives<Item>(format, bytes);
                    Survives<QueryRequest>(format, bytes);
                    Survives<PublishRequest>(format, bytes);
                    Survives<ChannelList>(format, bytes);
                    Survives<Rows>(format, bytes);
                }
            },
            iter: 10_000);

    [Fact]
    public void Read_WhenTokensAreInAnyOrder_GivesAMessageOrABadRequest() =>
        Gen.OneOf(
                "{", "}", "[", "]", ":", ",", "\"fields\":", "\"values\":", "\"entities\":", "\"name\":", "\"a\"", "\"time\"", "\"NaN\":",
                "0", "1", "null", "true", "1e999", "{\"name\":\"a\"}", "[[1,2]]", "[[null]]", "\"\\ud800\"")
            .Array[0, 16].Select(string.Concat)
            .Sample(json => Survives<Rows>(WireFormat.Json, System.Text.Encoding.UTF8.GetBytes("{" + json + "}")), iter: 20_000);

    private static void CutShort<T>(Gen<T> gen)
        where T : IWireType<T> =>
        gen.Sample(
            message =>
            {
                foreach (var format in Formats)
                {
                    var bytes = WireWriter.ToBytes(format, message);
                    for (var length = 0; length < bytes.Length; length++)
                    {
                        var error = Assert.Throws<ProtocolException>(() => WireReader.Read<T>(format, bytes.AsMemory(0, length)));
                        Assert.Equal(ErrorCode.BadRequest, error.Code);
                    }
                }
            },
            iter: 20);

    private static void Changed<T>(Gen<T> gen)
        where T : IWireType<T> =>
        Gen.Select(gen, Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte).Array[1, 4]).Sample(
            (message, changes) =>
            {
                foreach (var format in Formats)
                {
                    var bytes = WireWriter.ToBytes(format, message);
                    foreach (var (at, value) in changes)
                        bytes[at % bytes.Length] = value;
                    Survives<T>(format, bytes);
                }
            },
            iter: 2_000);

    private static void Survives<T>(WireFormat format, byte[] bytes)
        where T : IWireType<T>
    {
        try
        {
            WireReader.Read<T>(format, bytes);
        }
        catch (ProtocolException error)
        {
            Assert.Equal(ErrorCode.BadRequest, error.Code);
        }
    }
}
