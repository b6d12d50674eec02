namespace HubServer.Protocol;

/// <summary>Where one JSON column's NaN and infinities are: <c>{"NaN":[3],"Inf":[0],"NegInf":[]}</c>, by row index.</summary>
internal sealed class ColumnEntities
{
    private static readonly (string Key, double Value)[] Kinds =
    [
        ("NaN", double.NaN),
        ("Inf", double.PositiveInfinity),
        ("NegInf", double.NegativeInfinity),
    ];

    private readonly List<(double Value, List<long> Rows)> _rows = [];

    public static bool AreIn(Column column)
    {
        foreach (var number in column.Numbers)
        {
            if (!double.IsFinite(number) && !Column.IsNull(number))
                return true;
        }

        return false;
    }

    public static ColumnEntities? ReadOrNull(ref WireReader reader)
    {
        if (reader.TryReadNull())
            return null;

        var entities = new ColumnEntities();
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            var kind = Array.FindIndex(Kinds, kind => kind.Key == key);
            if (kind < 0)
                throw reader.Error($"'{key}' is no entity; they are NaN, Inf and NegInf");
            entities._rows.Add((Kinds[kind].Value, reader.ReadList((ref WireReader element) => element.ReadInteger())));
        }

        return entities;
    }

    public static void Write(ref WireWriter writer, Column column)
    {
        if (!AreIn(column))
        {
            writer.Null();
            return;
        }

        var present = Array.FindAll(Kinds, kind => Count(column, kind.Value) > 0);
        writer.BeginMap(present.Length);
        foreach (var (key, value) in present)
        {
            writer.Key(key);
            writer.BeginArray(Count(column, value));
            for (var row = 0; row < column.Count; row++)
            {
                if (Is(column.Numbers[row], value))
                    writer.Integer(row);
            }

            writer.EndArray();
        }

        writer.EndMap();
    }

    public void ApplyTo(Column column, int index)
    {
        foreach (var (value, rows) in _rows)
        {
            if (rows.Count > 0 && !column.Become(ColumnKind.Number))
                throw ProtocolException.BadRequest($"entities[{index}]: column {index} holds no numbers");
            foreach (var row in rows)
            {
                if (row < 0 || row >= column.Count)
                    throw ProtocolException.BadRequest($"entities[{index}]: row {row} is outside the column's {column.Count} rows");
                if (!column.IsNull((int)row))
                    throw ProtocolException.BadRequest($"entities[{index}]: values[{index}][{row}] must be null where an entity stands for it");
                column.Set((int)row, value);
            }
        }
    }

    private static int Count(Column column, double value)
    {
        var count = 0;
        foreach (var number in column.Numbers)
            count += Is(number, value) ? 1 : 0;
        return count;
    }

    private static bool Is(double number, double value) =>
        double.IsNaN(value) ? double.IsNaN(number) && !Column.IsNull(number) : number == value;
}
