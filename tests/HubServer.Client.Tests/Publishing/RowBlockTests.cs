using HubServer.Protocol;

namespace HubServer.Client.Tests.Publishing;

public sealed class RowBlockTests
{
    private readonly RowBlock _block = new();

    [Fact]
    public void Build_OfRowsWithDifferentFields_HasNullsWhereARowHasNone()
    {
        Assert.True(Add([new("a", 1.5), new("time", 7)]));
        Assert.True(Add([new("b", "x")]));
        Assert.True(Add([new("a", 2.5), new("c", true)]));
        var rows = _block.Build();

        Assert.Equal(["time", "a", "b", "c"], rows.Fields.Select(field => field.Name));
        Assert.Equal([7.0, 99.0, 99.0], Values(rows, 0));
        Assert.Equal([1.5, null, 2.5], Values(rows, 1));
        Assert.Equal([null, "x", null], rows.Columns[2].Strings.ToArray());
        Assert.Equal([Column.NullBoolean, Column.NullBoolean, 1], rows.Columns[3].Booleans.ToArray());
    }

    [Fact]
    public void TryAdd_OfAMoment_IsATime()
    {
        Assert.True(Add([new("time", DateTimeOffset.UnixEpoch.AddMilliseconds(1.5)), new("at", (string?)null)]));
        Assert.True(Add([new("time", DateTimeOffset.UnixEpoch), new RowValue("at", DateTimeOffset.UnixEpoch)]));
        var rows = _block.Build();

        Assert.Equal([FieldType.Time, FieldType.Time], rows.Fields.Select(field => field.Type ?? FieldType.String));
        Assert.Equal([1.5, 0.0], Values(rows, 0));
        Assert.Equal([null, 0.0], Values(rows, 1));
    }

    [Fact]
    public void TryAdd_OfAValueOfAnotherKind_AddsNothing()
    {
        Assert.True(Add([new RowValue("a", 1.5)]));
        Assert.False(Add([new("b", 1), new("a", "text")]));
        Assert.True(Add([new("b", "text"), new("a", 2.5)]));

        Assert.Equal(2, _block.Count);
        Assert.Equal([1.5, 2.5], Values(_block.Build(), 1));
    }

    [Fact]
    public void TryAdd_OfAFieldTwice_Throws() =>
        Assert.Equal(ErrorCode.BadRequest, Assert.Throws<HubServerException>(() => Add([new("a", 1), new("a", 2)])).Code);

    [Fact]
    public void TryAdd_OfARowThatIsRefused_LeavesNoFieldBehind()
    {
        Assert.True(Add([new RowValue("a", 1.5)]));
        Assert.False(Add([new("b", 1), new("a", "text")]));
        Assert.Throws<HubServerException>(() => Add([new("c", 1), new("c", 2)]));

        Assert.Equal(["time", "a"], _block.Build().Fields.Select(field => field.Name));
    }

    private static IEnumerable<double?> Values(Rows rows, int column) =>
        rows.Columns[column].Numbers.ToArray().Select(value => Column.IsNull(value) ? null : (double?)value);

    private bool Add(IReadOnlyList<RowValue> row) => _block.TryAdd(row, RowBlock.RowBytes(row), now: 99);
}
