using System.Globalization;
using System.Text.Json.Serialization;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>Rows on the way in, by column.</summary>
[JsonConverter(typeof(WireJsonConverter<Rows>))]
[MessagePackFormatter(typeof(WireMessagePackFormatter<Rows>))]
public sealed class Rows : IWireType<Rows>
{
    /// <summary>Creates rows from columns of equal length, in the order of their fields.</summary>
    /// <exception cref="ProtocolException">Columns are ragged, or a column does not hold what its field declares.</exception>
    public Rows(IReadOnlyList<RowField> fields, IReadOnlyList<Column> columns)
    {
        if (fields.Count != columns.Count)
            throw ProtocolException.BadRequest($"there are {fields.Count} fields and {columns.Count} columns of values; each field has one column");

        Fields = fields;
        Columns = [.. columns];
        Count = columns.Count == 0 ? 0 : columns[0].Count;
        for (var i = 0; i < fields.Count; i++)
        {
            if (columns[i].Count != Count)
                throw ProtocolException.BadRequest($"values[{i}] ('{fields[i].Name}') has {columns[i].Count} rows and values[0] has {Count}; all columns are equally long");
            Columns[i] = Typed(fields[i], columns[i], i);
        }
    }

    /// <summary>The columns' descriptions.</summary>
    public IReadOnlyList<RowField> Fields { get; }

    /// <summary>The values, one column for each field.</summary>
    public Column[] Columns { get; }

    /// <summary>The number of rows.</summary>
    public int Count { get; }

    /// <inheritdoc/>
    public static Rows Read(ref WireReader reader)
    {
        List<RowField>? fields = null;
        List<Column>? columns = null;
        List<ColumnEntities?>? entities = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "fields": fields = reader.ReadList(RowField.Read); break;
                case "values": columns = ColumnsCodec.ReadValues(ref reader); break;
                case "entities": entities = reader.TryReadNull() ? null : ColumnsCodec.ReadEntities(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        if (fields is null || columns is null)
            throw reader.Error("rows are {fields: [{name, ...}], values: [[...], ...]}");
        if (entities is not null)
            ColumnsCodec.Apply(entities, columns);
        return new Rows(fields, columns);
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(1 + ColumnsCodec.CountKeys(writer.Format, Columns));
        writer.Key("fields");
        writer.BeginArray(Fields.Count);
        foreach (var field in Fields)
            field.Write(ref writer);
        writer.EndArray();
        ColumnsCodec.WriteKeys(ref writer, Columns);
        writer.EndMap();
    }

    private static Column Typed(RowField field, Column column, int index)
    {
        var type = field.Type ?? (field.Name == "time" && field.Labels is null ? FieldType.Time : null);
        if (type is null)
            return column;
        if (type == FieldType.Time && column.Kind == ColumnKind.String)
            return ParseTimes(field, column, index);
        if (column.Kind == ColumnKind.Empty || column.Kind == type.Value.Kind())
            return column;
        if (!column.IsAllNull())
            throw ProtocolException.BadRequest($"values[{index}] ('{field.Name}') holds {column.Kind.ToString().ToLowerInvariant()} values; its type is {type.Value.ToWire()}");

        // Nulls are of no kind, however they were written: a bin of nulls may stand for booleans.
        return Column.Nulls(ColumnKind.Empty, column.Count);
    }

    private static Column ParseTimes(RowField field, Column column, int index)
    {
        var times = new double[column.Count];
        for (var row = 0; row < times.Length; row++)
        {
            var text = column.Strings[row];
            if (text is null)
                times[row] = Column.NullNumber;
            else if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                times[row] = (time - DateTimeOffset.UnixEpoch).TotalMilliseconds;
            else
                throw ProtocolException.BadRequest($"values[{index}][{row}] ('{field.Name}'): '{text}' is no time; write milliseconds since 1970 or ISO 8601");
        }

        return new Column(times);
    }
}
