using HubServer.Protocol;

namespace HubServer.History.Tests.Recording;

public sealed class RowContentTests
{
    [Theory]
    [InlineData(WireFormat.Json)]
    [InlineData(WireFormat.MessagePack)]
    public void Name_WhenRowsCameThroughTheWire_NamesThemAsTheyWerePublished(WireFormat format)
    {
        var (rows, named) = RowContent.Make("p:1", 7, 200, 1_700_000_000_000.25, optionalFields: 3, new Random(1));
        var read = WireReader.Read<Rows>(format, WireWriter.ToBytes(format, rows));
        Assert.Equal(named, NamesOf(read));
        Assert.Equal(named, named.Select(name => HistoryRow.Parse(name.ToString())));
    }

    [Fact]
    public void Name_WhenAValueChanged_NamesNobodysRow()
    {
        var (rows, named) = RowContent.Make("p", 7, 20, 5, optionalFields: 0, new Random(1));
        var value = Enumerable.Range(0, 20).First(row => !rows.Columns[4].IsNull(row));
        rows.Columns[4].Set(value, 5_000);
        var read = NamesOf(rows);
        Assert.Equal("? (its checksum does not fit) p", read[value].Publisher);
        Assert.Equal(named.Where((_, row) => row != value), read.Where((_, row) => row != value));
    }

    [Fact]
    public void Name_WhenARowIsOfSomebodyElse_NamesNobodysRow() =>
        Assert.Equal("?", NamesOf(new Rows([new RowField("time"), new RowField("cpu", FieldType.Number)], [new Column([1.0]), new Column([2.0])]))[0].Publisher);

    private static HistoryRow[] NamesOf(Rows rows)
    {
        var schema = new Schema([.. rows.Fields.Select((field, i) => new Field(field.Name, field.Type ?? (field.Name == "time" ? FieldType.Time : rows.Columns[i].Kind == ColumnKind.String ? FieldType.String : FieldType.Number)))]);
        return [.. Enumerable.Range(0, rows.Count).Select(row => RowContent.Name(schema, rows.Columns, row))];
    }
}
