using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>Rows of one channel on their way to become a block. Not safe for concurrent use.</summary>
internal sealed class RowBlock
{
    private const string TimeField = "time";

    private readonly List<RowField> _fields = [];
    private readonly List<Column> _columns = [];
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal); // The fields of the row that is looked at.

    /// <summary>Creates a block whose first field is the time, as every channel has it.</summary>
    public RowBlock() => IndexOf(new RowValue(TimeField, 0));

    /// <summary>The rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Their bytes, as the server counts them.</summary>
    public int Bytes { get; private set; }

    /// <summary>Completes once the outcome is known, whatever it is.</summary>
    public Task Done => _done.Task;

    /// <summary>The bytes of a row, as the server counts them.</summary>
    public static int RowBytes(IReadOnlyList<RowValue> row)
    {
        var bytes = (row.Count + 1) * sizeof(double);
        for (var i = 0; i < row.Count; i++)
            bytes += Blocks.TextBytes(row[i].Text);
        return bytes;
    }

    /// <summary>Adds a row; false, without adding it, where a field's earlier values are of another kind.</summary>
    /// <param name="row">The values.</param>
    /// <param name="bytes">Their bytes, by <see cref="RowBytes"/>.</param>
    /// <param name="now">The time of a row that has none, in milliseconds since 1970.</param>
    /// <exception cref="HubServerException">A field occurs twice, or the time is none.</exception>
    public bool TryAdd(IReadOnlyList<RowValue> row, int bytes, double now)
    {
        if (!Fits(row))
            return false;

        for (var i = 0; i < row.Count; i++)
            Add(row[i]);
        if (_columns[0].Count == Count)
            Add(new RowValue(TimeField, now));
        Count++;
        foreach (var column in _columns)
        {
            if (column.Count < Count)
                column.AddNull();
        }

        Bytes += bytes;
        return true;
    }

    /// <summary>The rows, by column.</summary>
    public Rows Build() => new(_fields, _columns);

    /// <summary>The outcome is known.</summary>
    public void Complete() => _done.TrySetResult();

    private bool Fits(IReadOnlyList<RowValue> row)
    {
        // Nothing is added before the whole row is known to fit: a row that is refused leaves no field behind.
        _seen.Clear();
        for (var i = 0; i < row.Count; i++)
        {
            var value = row[i];
            if (!_seen.Add(value.Field))
                throw new HubServerException(ErrorCode.BadRequest, $"field '{value.Field}' occurs twice in one row");
            if (value.Field == TimeField && value.Kind is (ColumnKind.String or ColumnKind.Boolean))
                throw new HubServerException(ErrorCode.BadRequest, $"field '{TimeField}' is the row's time: milliseconds since 1970, or a {nameof(DateTimeOffset)}");
            if (_byName.TryGetValue(value.Field, out var index) && value.Kind != ColumnKind.Empty && _columns[index].Kind != ColumnKind.Empty && _columns[index].Kind != value.Kind)
                return false;
        }

        return true;
    }

    private int IndexOf(RowValue value)
    {
        if (_byName.TryGetValue(value.Field, out var index))
            return index;

        index = _columns.Count;
        _byName.Add(value.Field, index);
        _fields.Add(new RowField(value.Field, value.Type));
        var column = new Column();
        while (column.Count < Count)
            column.AddNull();
        _columns.Add(column);
        return index;
    }

    private void Add(RowValue value)
    {
        var index = IndexOf(value);
        var column = _columns[index];
        if (column.Kind == ColumnKind.Empty && value.Type is not null)
            _fields[index] = _fields[index] with { Type = value.Type };
        switch (value.Kind)
        {
            case ColumnKind.Number: column.TryAdd(value.Number); break;
            case ColumnKind.String: column.TryAdd(value.Text ?? ""); break;
            case ColumnKind.Boolean: column.TryAdd(value.Number != 0); break;
            default: column.AddNull(); break;
        }
    }
}
