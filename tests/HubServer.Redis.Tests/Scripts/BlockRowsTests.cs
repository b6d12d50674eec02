using HubServer.Protocol;

namespace HubServer.Redis.Tests.Scripts;

public sealed class BlockRowsTests
{
    private static readonly Column Numbers = new([1.5, double.NaN, Column.NullNumber]);
    private static readonly Column Texts = new(["a", null, "ü"]);
    private static readonly Schema NumberField = new([new Field("n", FieldType.Number)]);
    private static readonly Schema BothFields = new([new Field("n", FieldType.Number), new Field("s", FieldType.String)]);

    [Fact]
    public void Encode_OneNumber_IsTheExample()
    {
        var bytes = BlockRows.Encode([new Column([1.5])]).Span;

        Assert.Equal(1, bytes[0]);
        Assert.Equal("81a676616c75657391c408000000000000f83f", Convert.ToHexStringLower(bytes[5..]));
    }

    [Fact]
    public void Decode_OfNumbers_KeepsEveryBit()
    {
        var columns = BlockRows.Decode(BlockRows.Encode([Numbers]), NumberField, 3);

        Assert.NotNull(columns);
        Assert.Equal(Bits(Numbers), Bits(columns[0]));
    }

    [Fact]
    public void Decode_OfNumbersAndTexts_GivesBoth()
    {
        var columns = BlockRows.Decode(BlockRows.Encode([Numbers, Texts]), BothFields, 3);

        Assert.NotNull(columns);
        Assert.Equal(Bits(Numbers), Bits(columns[0]));
        Assert.Equal(Texts.Strings.ToArray(), columns[1].Strings.ToArray());
    }

    [Fact]
    public void Decode_OfOtherColumnsOrRowsThanSaid_IsNull()
    {
        var bytes = BlockRows.Encode([Numbers]);

        Assert.Null(BlockRows.Decode(bytes, BothFields, 3));
        Assert.Null(BlockRows.Decode(bytes, NumberField, 2));
    }

    [Fact]
    public void Decode_WithAByteThatChanged_IsNull()
    {
        var bytes = BlockRows.Encode([Numbers]).ToArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.Null(BlockRows.Decode(bytes, NumberField, 3));
            bytes[i] ^= 1;
        }
    }

    private static long[] Bits(Column column) => Array.ConvertAll(column.Numbers.ToArray(), BitConverter.DoubleToInt64Bits);
}
