using System.Buffers;
using MessagePack;

namespace HubServer.Protocol.Tests;

/// <summary>What only MessagePack can get wrong.</summary>
public sealed class BadMessagePackTests
{
    private const int Megabyte = 1 << 20;

    // An array, an array in an array, bytes, a text and a map, each of 2^31-1 elements that do not follow.
    private static readonly string[] Claims = ["DD7FFFFFFF", "91DD7FFFFFFF", "91C67FFFFFFF", "9191DB7FFFFFFF", "DF7FFFFFFF"];

    [Fact]
    public void Read_WhenABinaryColumnHasNineBytes_NamesTheColumn() =>
        NamesPath<Rows>(Map("values", (ref MessagePackWriter writer) => WriteAll(ref writer, [new byte[8], new byte[9]])), "values[1]");

    [Fact]
    public void Rows_WhenABinaryColumnOfNullsIsDeclaredBoolean_TakesTheNulls()
    {
        var rows = new Rows([new RowField("flag", FieldType.Boolean)], [new Column([Column.NullNumber, Column.NullNumber])]);

        Assert.Equal((ColumnKind.Empty, 2), (rows.Columns[0].Kind, rows.Columns[0].Count));
    }

    [Fact]
    public void Read_WhenAColumnIsAnArrayOfAnyNumbers_ReadsThem()
    {
        var bytes = Map("values", (ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(1);
            writer.WriteArrayHeader(6);
            writer.Write(1);
            writer.Write(1.5f);
            writer.Write(double.NegativeInfinity);
            writer.Write(double.NaN);
            writer.Write(Column.NullNumber);
            writer.WriteUInt64(ulong.MaxValue);
        });
        var reader = new WireReader(new MessagePackReader(bytes));
        var map = reader.BeginMap();
        reader.NextKey(ref map, out _);

        Assert.Equal(
            "[\n  < 1(3FF0000000000000) 1.5(3FF8000000000000) -Infinity(FFF0000000000000) NaN null 1.8446744073709552E+19(43F0000000000000)>]",
            MessageText.Of(ColumnsCodec.ReadValues(ref reader)));
    }

    [Theory]
    [InlineData("C1", "values[0]")]
    [InlineData("D6FF00000000", "values[0]")]
    [InlineData("91D6FF00000000", "values[0][0]")]
    [InlineData("9291C0", "values[0][0]")]
    [InlineData("93A1 78 01", "values[0][1]")]
    [InlineData("91A1FF", "values[0][0]")]
    [InlineData("91A2C0AF", "values[0][0]")]
    [InlineData("91A3EDA0BD", "values[0][0]")]
    [InlineData("C6FFFFFFFF", "values[0]")]
    [InlineData("C67FFFFFFF", "values[0]")]
    [InlineData("91DBFFFFFFFF", "values[0][0]")]
    [InlineData("DDFFFFFFFF", "values[0]")]
    [InlineData("DD7FFFFFFF", "values[0]")]
    public void Read_WhenAColumnIsWrong_NamesThePlace(string column, string path)
    {
        byte[] bytes = [.. Convert.FromHexString("81A676616C75657391"), .. Convert.FromHexString(column.Replace(" ", "", StringComparison.Ordinal))];

        NamesPath<Rows>(bytes, path);
    }

    [Theory]
    [InlineData("C0")]
    [InlineData("90")]
    [InlineData("8101A0")]
    [InlineData("81A1FFC0")]
    [InlineData("DFFFFFFFFF")]
    [InlineData("DF7FFFFFFF")]
    [InlineData("80C0")]
    [InlineData("81A178DDFFFFFFFF")]
    [InlineData("81A178DFFFFFFFFF")]
    [InlineData("81A178DBFFFFFFFF")]
    [InlineData("81A178C6FFFFFFFF")]
    [InlineData("81A178C9FFFFFFFF01")]
    [InlineData("81DBFFFFFFFF")]
    [InlineData("")]
    public void Read_WhenTheMapIsWrong_IsRefused(string hex)
    {
        var error = Assert.Throws<ProtocolException>(() => WireReader.Read<ListRequest>(WireFormat.MessagePack, Convert.FromHexString(hex)));

        Assert.Equal(ErrorCode.BadRequest, error.Code);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Read_WhenANumberOutsideColumnsIsNotFinite_NamesThePlace(double number) =>
        NamesPath<QueryRequest>(Map("lastMs", (ref MessagePackWriter writer) => writer.Write(number)), "lastMs");

    [Fact]
    public void Read_WhenArraysClaimBillionsOfElements_AllocatesByWhatIsThere()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        foreach (var claim in Claims)
            Assert.Throws<ProtocolException>(() => WireReader.Read<Rows>(WireFormat.MessagePack, Convert.FromHexString("81A676616C756573" + claim)));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Megabyte);
    }

    [Fact]
    public void Read_WhenAnUnknownValueIsNestedDeeply_PassesOverIt()
    {
        var nested = Enumerable.Repeat((byte)0x91, Megabyte).Append((byte)0xC0).ToArray();

        var request = WireReader.Read<ListRequest>(WireFormat.MessagePack, Map("x", (ref MessagePackWriter writer) => writer.WriteRaw(nested)));

        Assert.Equal(ListRequest.DefaultLimit, request.Limit);
    }

    [Fact]
    public void Read_WhenBytesComeInPieces_ReadsTextsAcrossThem()
    {
        var bytes = WireWriter.ToBytes(WireFormat.MessagePack, new ListRequest { Selector = "ü😀", After = "中" });
        var reader = new WireReader(new MessagePackReader(Pieces.Of(bytes)));

        Assert.Equal(new ListRequest { Selector = "ü😀", After = "中" }, reader.ReadMessage<ListRequest>());
    }

    private delegate void Writing(ref MessagePackWriter writer);

    private static byte[] Map(string key, Writing value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteMapHeader(1);
        writer.Write(key);
        value(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteAll(ref MessagePackWriter writer, byte[][] columns)
    {
        writer.WriteArrayHeader(columns.Length);
        foreach (var column in columns)
            writer.Write(column);
    }

    private static void NamesPath<T>(byte[] bytes, string path)
        where T : IWireType<T> => ErrorAssert.NamesPath(() => WireReader.Read<T>(WireFormat.MessagePack, bytes), path);
}
