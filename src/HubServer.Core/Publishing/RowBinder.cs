using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Validates rows against a channel's schema: the last place where rows can be refused for what they are.</summary>
internal static class RowBinder
{
    /// <summary>What a string takes besides its characters.</summary>
    private const int StringOverhead = 24;

    /// <summary>Brings the rows into the schema's order, adding the fields that are new.</summary>
    /// <exception cref="ProtocolException">The rows contradict the schema or pass a limit; nothing may be written.</exception>
    public static BoundRows Bind(ChannelId channel, Rows rows, Schema current, double now, ChannelRules rules)
    {
        var limits = rules.Options;
        var added = NewFields(channel, rows, current, rules);
        var schema = added.Count == 0 ? current : current.With(added);
        RequireTime(channel, schema);
        if (schema.TimeIndex < 0)
            schema = new Schema([new Field("time", FieldType.Time), .. schema.Fields]);
        RequireFields(channel, schema, limits);

        var columns = new Column[schema.Fields.Count];
        for (var i = 0; i < rows.Fields.Count; i++)
        {
            if (!schema.TryFind(rows.Fields[i].Key, out var field, out var index))
                continue;
            if (columns[index] is not null)
                throw ProtocolException.BadRequest($"field '{field.Key}' of channel '{channel}' occurs twice in the rows");
            columns[index] = Fit(channel, rows, i, field);
        }

        for (var index = 0; index < columns.Length; index++)
            columns[index] ??= Column.Nulls(index == schema.TimeIndex ? ColumnKind.Number : ColumnKind.Empty, rows.Count);
        columns[schema.TimeIndex] = FillTimes(columns[schema.TimeIndex], now);
        return new BoundRows(channel, current.Hash, schema.Hash == current.Hash ? current : schema, columns, RowSizes(channel, columns, rows.Count, limits));
    }

    /// <summary>The name <c>time</c> is kept for the rows' time.</summary>
    public static void RequireTime(ChannelId channel, Schema schema)
    {
        if (schema.TimeIndex < 0 && schema.TryFind("time", out var taken, out _))
            throw ProtocolException.BadRequest($"field 'time' of channel '{channel}' is declared as {taken.Type.ToWire()}; the name stands for the rows' time, whose type is time");
    }

    public static void RequireFields(ChannelId channel, Schema schema, ChannelOptions limits)
    {
        if (schema.Fields.Count > limits.MaxFields)
            throw ProtocolException.LimitExceeded("Channels:MaxFields", $"channel '{channel}' would have {schema.Fields.Count} fields; the limit is {limits.MaxFields}");
    }

    public static void RequireName(ChannelId channel, RowField field, string place, ChannelOptions limits)
    {
        if (field.Name.Length == 0)
            throw ProtocolException.BadRequest($"{place} of channel '{channel}' has an empty name");
        if (field.Key.Length > limits.MaxFieldNameLength)
            throw ProtocolException.LimitExceeded("Channels:MaxFieldNameLength", $"a field's name in channel '{channel}' has {field.Key.Length} characters; the limit is {limits.MaxFieldNameLength}");
        if (field.Unit?.Length > limits.MaxFieldNameLength)
            throw ProtocolException.LimitExceeded("Channels:MaxFieldNameLength", $"the unit of field '{field.Key}' in channel '{channel}' has {field.Unit.Length} characters; the limit is {limits.MaxFieldNameLength}");
    }

    private static List<Field> NewFields(ChannelId channel, Rows rows, Schema current, ChannelRules rules)
    {
        var added = new List<Field>();
        for (var i = 0; i < rows.Fields.Count; i++)
        {
            var field = rows.Fields[i];
            var column = rows.Columns[i];
            RequireName(channel, field, $"fields[{i}]", rules.Options);
            if (!current.TryFind(field.Key, out _, out _) && !column.IsAllNull())
                added.Add(new Field(field.Name, field.Type ?? Infer(field, column), field.Labels, field.Unit ?? rules.UnitOf(channel, field.Name)));
        }

        return added;
    }

    private static FieldType Infer(RowField field, Column column) => column.Kind switch
    {
        ColumnKind.String => FieldType.String,
        ColumnKind.Boolean => FieldType.Boolean,
        _ => field.Name == "time" && field.Labels is null ? FieldType.Time : FieldType.Number,
    };

    private static Column Fit(ChannelId channel, Rows rows, int index, Field field)
    {
        var column = rows.Columns[index];
        var declared = rows.Fields[index].Type;
        if (declared is not null && declared != field.Type)
            throw ProtocolException.BadRequest($"field '{field.Key}' of channel '{channel}' is declared as {declared.Value.ToWire()}; the channel's is a {field.Type.ToWire()} and cannot change");
        if (column.Kind != field.Type.Kind() && column.IsAllNull())
            column = Column.Nulls(ColumnKind.Empty, column.Count);
        if (column.Kind != ColumnKind.Empty && column.Kind != field.Type.Kind())
            throw ProtocolException.BadRequest($"values[{index}] for field '{field.Key}' of channel '{channel}' holds {column.Kind.ToString().ToLowerInvariant()} values; the field is a {field.Type.ToWire()} and cannot change");
        if (field.Type == FieldType.Time)
            RequireFinite(channel, field, index, column);
        return column;
    }

    private static void RequireFinite(ChannelId channel, Field field, int index, Column column)
    {
        for (var row = 0; row < column.Numbers.Length; row++)
        {
            var time = column.Numbers[row];
            if (!double.IsFinite(time) && !Column.IsNull(time))
                throw ProtocolException.BadRequest($"values[{index}][{row}] for field '{field.Key}' of channel '{channel}' is {time}; a time is finite or null");
        }
    }

    private static Column FillTimes(Column times, double now)
    {
        var filled = Column.Nulls(ColumnKind.Number, times.Count);
        for (var row = 0; row < times.Count; row++)
            filled.Set(row, times.IsNull(row) ? now : times.Numbers[row]);
        return filled;
    }

    private static int[] RowSizes(ChannelId channel, Column[] columns, int count, ChannelOptions limits)
    {
        var sizes = new int[count];
        Array.Fill(sizes, columns.Length * sizeof(double));
        foreach (var column in columns)
        {
            for (var row = 0; row < column.Strings.Length; row++)
            {
                if (column.Strings[row] is not { } text)
                    continue;
                if (text.Length > limits.MaxStringLength)
                    throw ProtocolException.LimitExceeded("Channels:MaxStringLength", $"row {row} of channel '{channel}' holds a string of {text.Length} characters; the limit is {limits.MaxStringLength}");
                sizes[row] += StringOverhead + text.Length;
            }
        }

        for (var row = 0; row < count; row++)
        {
            if (sizes[row] > limits.MaxRowBytes)
                throw ProtocolException.LimitExceeded("Channels:MaxRowBytes", $"row {row} of channel '{channel}' takes {sizes[row]} bytes; the limit is {limits.MaxRowBytes}");
        }

        return sizes;
    }
}
