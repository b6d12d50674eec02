namespace HubServer.Protocol;

/// <summary>Turns rows that come one at a time, each with its own fields, into columns; what a row lacks is null.</summary>
public sealed class RowsBuilder
{
    private readonly List<RowField> _fields = [];
    private readonly List<Column> _columns = [];
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

    /// <summary>The rows begun so far.</summary>
    public int Count { get; private set; }

    /// <summary>Begins a row; <see cref="Column"/> then takes its values.</summary>
    public void BeginRow()
    {
        FillUp();
        Count++;
    }

    /// <summary>The column of a field, filled up with nulls so that the next value added to it belongs to this row.</summary>
    /// <exception cref="ProtocolException">The row already has a value for the field.</exception>
    public Column Column(string name, FieldType? type = null, string? unit = null)
    {
        if (!_byName.TryGetValue(name, out var index))
        {
            index = _columns.Count;
            _byName.Add(name, index);
            _fields.Add(new RowField(name, type, Unit: unit));
            _columns.Add(new Column());
        }

        var column = _columns[index];
        if (column.Count == Count)
            throw ProtocolException.BadRequest($"field '{name}' occurs twice in one row");
        while (column.Count < Count - 1)
            column.AddNull();
        return column;
    }

    /// <summary>The rows.</summary>
    public Rows Build()
    {
        FillUp();
        return new Rows(_fields, _columns);
    }

    private void FillUp()
    {
        foreach (var column in _columns)
        {
            while (column.Count < Count)
                column.AddNull();
        }
    }
}
