using System.Runtime.CompilerServices;
using HubServer.Protocol;

namespace HubServer.Core.Tests;

public sealed class CircularFrameTests
{
    private const long Unlimited = long.MaxValue;

    private static readonly Field Time = new("time", FieldType.Time);
    private static readonly Field Value = new("value", FieldType.Number);
    private static readonly Schema TimeValue = new([Time, Value]);

    [Fact]
    public void New_IsEmptyAtOffsetZeroAndTakesNoMemory()
    {
        var ring = new CircularFrame(1_000_000, Unlimited);

        Assert.Equal((0L, 0L, 0, 0L), (ring.Oldest, ring.Next, ring.Count, ring.Bytes));
        Assert.Same(Schema.Empty, ring.Schema);
        Assert.Null(ring.LastTime);
        Assert.Empty(ring.Read(0, 0, []));
        Assert.Equal(0, ring.FirstAtOrAfter(5));
        Assert.Equal(0, ring.EndAtOrBefore(5));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(-1, 100)]
    [InlineData(1, -1)]
    public void New_WithLimitsThatCannotBe_Throws(int capacity, long maxBytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CircularFrame(capacity, maxBytes));

    [Fact]
    public void Append_WhenFull_DropsTheOldestAndReadsRoundTheEnd()
    {
        var ring = new CircularFrame(5, Unlimited);

        Append(ring, 0, 4);
        Append(ring, 4, 4);

        Assert.Equal((3L, 8L, 5), (ring.Oldest, ring.Next, ring.Count));
        Assert.Equal([3, 4, 5, 6, 7], ring.Read(3, 8, [1])[0].Numbers.ToArray());
        Assert.Equal([5, 6], ring.Read(5, 7, [1])[0].Numbers.ToArray());
    }

    [Fact]
    public void Append_WhenTheBlockIsLongerThanTheRing_KeepsItsEndAndCountsAll()
    {
        var ring = new CircularFrame(3, Unlimited);

        Append(ring, 0, 2);
        Append(ring, 2, 100);

        Assert.Equal((99L, 102L), (ring.Oldest, ring.Next));
        Assert.Equal([99, 100, 101], ring.Read(99, 102, [1])[0].Numbers.ToArray());
    }

    [Fact]
    public void Append_WithFewRows_TakesMemoryForFewRows()
    {
        var ring = new CircularFrame(1_000_000, Unlimited);

        Append(ring, 0, 1);
        Assert.InRange(ring.Bytes, 16, 16 * 8);

        Append(ring, 1, 999);
        Assert.InRange(ring.Bytes, 16 * 1_000, 16 * 2_000);
    }

    [Fact]
    public void Append_WithNewFields_ReadsThemAsNullInOlderRows()
    {
        var ring = new CircularFrame(10, Unlimited);
        Append(ring, 0, 2);
        var wider = TimeValue.With([new Field("name", FieldType.String), new Field("on", FieldType.Boolean), new Field("load", FieldType.Number)]);

        ring.Append(wider, [new Column([2.0]), new Column([2.0]), new Column(["x"]), new Column([(byte)1]), new Column([7.0])], 1);

        var read = ring.Read(0, 3, [2, 3, 4]);
        Assert.Same(wider, ring.Schema);
        Assert.Equal([null, null, "x"], read[0].Strings.ToArray());
        Assert.Equal([Column.NullBoolean, Column.NullBoolean, 1], read[1].Booleans.ToArray());
        Assert.Equal([true, true, false], [read[2].IsNull(0), read[2].IsNull(1), read[2].IsNull(2)]);
    }

    [Fact]
    public void Append_WithoutTheLastFields_ReadsThemAsNullInItsRows()
    {
        var ring = new CircularFrame(10, Unlimited);
        var wider = TimeValue.With([new Field("name", FieldType.String), new Field("on", FieldType.Boolean), new Field("load", FieldType.Number)]);
        ring.Append(wider, [new Column([0.0]), new Column([0.0]), new Column(["x"]), new Column([(byte)1]), new Column([7.0])], 1);

        Append(ring, 1, 2);

        var read = ring.Read(0, 3, [1, 2, 3, 4]);
        Assert.Same(wider, ring.Schema);
        Assert.Equal([0, 1, 2], read[0].Numbers.ToArray());
        Assert.Equal(["x", null, null], read[1].Strings.ToArray());
        Assert.Equal([1, Column.NullBoolean, Column.NullBoolean], read[2].Booleans.ToArray());
        Assert.Equal([false, true, true], [read[3].IsNull(0), read[3].IsNull(1), read[3].IsNull(2)]);
    }

    [Fact]
    public void Read_WhenEveryValueIsNull_HasTheKindOfTheField()
    {
        var ring = new CircularFrame(10, Unlimited);
        var schema = new Schema([Time, Value, new Field("name", FieldType.String), new Field("on", FieldType.Boolean)]);

        ring.Append(schema, [Empty(2), Empty(2), Empty(2), Empty(2)], 2);

        var read = ring.Read(0, 2, [0, 1, 2, 3]);
        Assert.Equal([ColumnKind.Number, ColumnKind.Number, ColumnKind.String, ColumnKind.Boolean], read.Select(column => column.Kind));
        Assert.All(read, column => Assert.True(column.Count == 2 && column.IsAllNull()));
    }

    [Fact]
    public void Read_GivesCopiesThatLaterRowsDoNotChange()
    {
        var ring = new CircularFrame(2, Unlimited);
        Append(ring, 0, 2);
        var read = ring.Read(0, 2, [1])[0];

        Append(ring, 2, 2);

        Assert.Equal([0, 1], read.Numbers.ToArray());
    }

    [Fact]
    public void Read_KeepsNaNAndNullApart()
    {
        var ring = new CircularFrame(4, Unlimited);

        ring.Append(TimeValue, [new Column([1.0, 2.0]), new Column([double.NaN, Column.NullNumber])], 2);

        var read = ring.Read(0, 2, [1])[0];
        Assert.False(read.IsNull(0));
        Assert.True(double.IsNaN(read.Numbers[0]));
        Assert.True(read.IsNull(1));
    }

    [Fact]
    public void StartAt_EmptiesTheRingAndGoesOnThereWithAnySchema()
    {
        var ring = new CircularFrame(4, Unlimited);
        Append(ring, 0, 3);

        ring.StartAt(100, ring.Schema);

        Assert.Equal((100L, 100L, 0, 0L), (ring.Oldest, ring.Next, ring.Count, ring.Bytes));
        Assert.Equal(ColumnKind.Number, ring.Read(100, 100, [1])[0].Kind);

        ring.Append(new Schema([new Field("other", FieldType.String)]), [new Column(["x"])], 1);
        Assert.Equal((100L, 101L), (ring.Oldest, ring.Next));
        Assert.Equal("x", ring.Read(100, 101, [0])[0].Strings[0]);
    }

    [Fact]
    public void LastTime_IsThatOfTheNewestRow()
    {
        var ring = new CircularFrame(2, Unlimited);

        ring.Append(TimeValue, [new Column([5.0, 9.0, 7.0]), Empty(3)], 3);
        Assert.Equal(7, ring.LastTime);

        ring.Append(TimeValue, [Empty(1), Empty(1)], 1);
        Assert.Null(ring.LastTime);
    }

    [Fact]
    public void TimeSearches_WhenRowsAreNotSorted_FindTheFirstAndTheLastInOffsetOrder()
    {
        var ring = new CircularFrame(6, Unlimited);
        Append(ring, 0, 3);

        ring.Append(TimeValue, [new Column([10.0, 30, Column.NullNumber, 20, 5, Column.NullNumber]), Empty(6)], 6);

        Assert.Equal(3, ring.FirstAtOrAfter(10));
        Assert.Equal(4, ring.FirstAtOrAfter(10.5));
        Assert.Equal(9, ring.FirstAtOrAfter(31));
        Assert.Equal(8, ring.EndAtOrBefore(19));
        Assert.Equal(8, ring.EndAtOrBefore(1_000));
        Assert.Equal(3, ring.EndAtOrBefore(4));
    }

    [Fact]
    public void Append_WhenStringsPassTheByteLimit_DropsTheOldestAndAlwaysKeepsTheNewest()
    {
        var schema = new Schema([new Field("text", FieldType.String)]);
        var ring = new CircularFrame(1_000, maxBytes: 1_000);
        for (var row = 0; row < 20; row++)
            ring.Append(schema, [new Column([new string('x', 50)])], 1);

        Assert.InRange(ring.Bytes, 500, 1_000);
        Assert.InRange(ring.Count, 4, 8);

        ring.Append(schema, [new Column([new string('y', 5_000)])], 1);

        Assert.Equal((20L, 21L), (ring.Oldest, ring.Next));
        Assert.Equal(8 + 24 + 10_000, ring.Bytes);
    }

    [Fact]
    public void Append_WhenArraysFillTheByteLimitAndStringsFollow_GivesTheirSlotsBack()
    {
        var schema = new Schema([Value, new Field("text", FieldType.String)]);
        var ring = new CircularFrame(1_000_000, maxBytes: 16 * 1_024);
        ring.Append(schema, [new Column(new double[1_024]), Empty(1_024)], 1_024);
        Assert.Equal(1_024, ring.Count);

        for (var row = 0; row < 1_000; row++)
            ring.Append(schema, [Empty(1), new Column([new string('x', 4)])], 1);

        Assert.InRange(ring.Count, 16 * 1_024 / (16 + 32) / 2, 16 * 1_024 / (16 + 32));
    }

    [Fact]
    public void Append_WhenNewFieldsDoNotFit_DropsRowsBeforeItAllocates()
    {
        var ring = new CircularFrame(1_024, maxBytes: 16 * 1_024);
        Append(ring, 0, 1_024);
        var wider = TimeValue.With(Enumerable.Range(0, 6).Select(i => new Field($"f{i}", FieldType.Number)));

        ring.Append(wider, [.. Enumerable.Range(0, 8).Select(_ => new Column([1.0]))], 1);

        Assert.InRange(ring.Bytes, 1, 16 * 1_024);
        Assert.InRange(ring.Count, 128, 256);
        Assert.Equal(ring.Next - 2, ring.Read(ring.Oldest, ring.Next - 1, [1])[0].Numbers[^1]);
    }

    [Fact]
    public void Append_WhenARowIsEvicted_LetsGoOfItsStrings()
    {
        var ring = new CircularFrame(8, Unlimited);
        var schema = new Schema([Value, new Field("text", FieldType.String)]);
        var texts = AppendTexts(ring, schema, 8);

        // Half the ring goes by a block without text, a quarter by one that wraps; the rest must stay alive.
        ring.Append(schema, [Empty(4), Empty(4)], 4);
        ring.Append(schema, [Empty(2), new Column(["a", "b"])], 2);
        GC.Collect();

        Assert.Equal([false, false, false, false, false, false, true, true], texts.Select(text => text.IsAlive));
        Assert.Equal("a", ring.Read(12, 13, [1])[0].Strings[0]);
        GC.KeepAlive(ring);
    }

    [Fact]
    public void Append_WhenTheByteLimitEvictsRowsWhoseSlotsStayFree_LetsGoOfTheirStrings()
    {
        var ring = new CircularFrame(8, maxBytes: (8 * 16) + (8 * 44));
        var schema = new Schema([Value, new Field("text", FieldType.String)]);
        var texts = AppendTexts(ring, schema, 8);

        ring.Append(schema, [Empty(1), new Column([new string('x', 50)])], 1);
        GC.Collect();

        Assert.Equal(3L, ring.Oldest);
        Assert.Equal([false, false, false, true, true, true, true, true], texts.Select(text => text.IsAlive));
        GC.KeepAlive(ring);
    }

    [Fact]
    public void StartAt_LetsGoOfAllStrings()
    {
        var ring = new CircularFrame(8, Unlimited);
        var texts = AppendTexts(ring, new Schema([Value, new Field("text", FieldType.String)]), 8);

        ring.StartAt(0, ring.Schema);
        GC.Collect();

        Assert.DoesNotContain(texts, text => text.IsAlive);
        GC.KeepAlive(ring);
    }

    // Not inlined, so that no local of the test keeps a string alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> AppendTexts(CircularFrame ring, Schema schema, int count)
    {
        var texts = Enumerable.Range(0, count).Select(row => new string((char)('a' + row), 10)).ToArray();
        ring.Append(schema, [Empty(count), new Column(texts.ToArray<string?>())], count);
        return [.. texts.Select(text => new WeakReference(text))];
    }

    private static void Append(CircularFrame ring, int first, int count)
    {
        var values = Enumerable.Range(first, count).Select(value => (double)value);
        ring.Append(TimeValue, [new Column(values.ToArray()), new Column(values.ToArray())], count);
    }

    private static Column Empty(int count) => Column.Nulls(ColumnKind.Empty, count);
}
