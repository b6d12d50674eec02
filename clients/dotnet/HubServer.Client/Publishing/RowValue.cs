using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>A field's value in one row: a number, a text, a boolean, a moment, or nothing.</summary>
public readonly record struct RowValue
{
    /// <summary>A number. NaN and the infinities are values, too. For a field of type time: milliseconds since 1970-01-01 UTC.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="value">The value.</param>
    public RowValue(string field, double value)
        : this(field, ColumnKind.Number) => Number = value;

    /// <summary>A text.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="value">The value; null for none.</param>
    public RowValue(string field, string? value)
        : this(field, value is null ? ColumnKind.Empty : ColumnKind.String) => Text = value;

    /// <summary>A boolean.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="value">The value.</param>
    public RowValue(string field, bool value)
        : this(field, ColumnKind.Boolean) => Number = value ? 1 : 0;

    /// <summary>A moment, for a field of type time; the row's own time is the field <c>time</c>.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="value">The value.</param>
    public RowValue(string field, DateTimeOffset value)
        : this(field, ColumnKind.Number) => (Number, Type) = ((value - DateTimeOffset.UnixEpoch).TotalMilliseconds, FieldType.Time);

    private RowValue(string field, ColumnKind kind)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        (Field, Kind) = (field, kind);
    }

    /// <summary>The field's name.</summary>
    public string Field { get; }

    internal ColumnKind Kind { get; }

    internal FieldType? Type { get; }

    internal double Number { get; }

    internal string? Text { get; }
}
