using HubServer.Protocol;

namespace HubServer.Core.Tests;

/// <summary>What a ring should hold, as a plain list of rows since the last start, none of them dropped.</summary>
internal sealed class RingModel
{
    private readonly List<object?[]> _rows = [];
    private long _start;
    private int _capacity = int.MaxValue;
    private double _maxAge = double.PositiveInfinity;

    public Schema Schema { get; private set; } = Schema.Empty;

    public long Next => _start + _rows.Count;

    public bool IsEmpty => _rows.Count == 0;

    public void StartAt(long next)
    {
        _rows.Clear();
        _start = Oldest = next;
    }

    public void SetCapacity(int capacity, double? maxAge)
    {
        (_capacity, _maxAge) = (capacity, maxAge ?? double.PositiveInfinity);
        Drop();
    }

    public void Append(Schema schema, Column[] columns, int count)
    {
        Schema = schema;
        for (var row = 0; row < count; row++)
            _rows.Add([.. columns.Select(column => ValueOf(column, row))]);
        Drop();
    }

    /// <summary>The fields that rows before an offset may have: those of the schema as of the last of them.</summary>
    public Schema SchemaAt(long next) => next <= Oldest ? Schema.Empty : new Schema([.. Schema.Fields.Take(_rows[(int)(next - 1 - _start)].Length)]);

    public void Truncate(long next, Schema schema)
    {
        Schema = schema;
        if (next <= Oldest)
        {
            StartAt(next);
            return;
        }

        _rows.RemoveRange((int)(next - _start), (int)(Next - next));
    }

    /// <summary>The oldest row that number and age let stay; the newest always does.</summary>
    public long Oldest { get; private set; }

    private void Drop()
    {
        Oldest = Math.Max(Oldest, Next - _capacity);
        while (Oldest < Next - 1 && TimeAt(Oldest) < TimeAt(Next - 1) - _maxAge)
            Oldest++;
    }

    public object? At(long offset, int field)
    {
        var row = _rows[(int)(offset - _start)];
        return field < row.Length ? row[field] : null;
    }

    public double? TimeAt(long offset) => Schema.TimeIndex < 0 || At(offset, Schema.TimeIndex) is not double time ? null : time;

    /// <summary>What a row costs with the fields of today.</summary>
    public long BytesOf(long offset)
    {
        var bytes = (long)SlotBytes;
        for (var field = 0; field < Schema.Fields.Count; field++)
            bytes += At(offset, field) is string text ? 24 + (2 * text.Length) : 0;
        return bytes;
    }

    public int SlotBytes => Schema.Fields.Sum(one => one.Type == FieldType.Boolean ? 1 : 8);

    public long FirstAtOrAfter(long oldest, double time)
    {
        for (var offset = oldest; offset < Next; offset++)
        {
            if (TimeAt(offset) is { } at && at >= time)
                return offset;
        }

        return Next;
    }

    public long EndAtOrBefore(long oldest, double time)
    {
        for (var offset = Next - 1; offset >= oldest; offset--)
        {
            if (TimeAt(offset) is { } at && at <= time)
                return offset + 1;
        }

        return oldest;
    }

    public static object? ValueOf(Column column, int row) => column.IsNull(row) ? null : column.Kind switch
    {
        ColumnKind.Number => column.Numbers[row],
        ColumnKind.String => column.Strings[row],
        _ => column.Booleans[row],
    };
}
