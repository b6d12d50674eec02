namespace HubServer.Protocol;

/// <summary>How a column's values are stored.</summary>
public enum ColumnKind
{
    /// <summary>Only nulls so far; the first value decides.</summary>
    Empty,

    /// <summary>float64: fields of type time and number.</summary>
    Number,

    /// <summary>Texts.</summary>
    String,

    /// <summary>Booleans.</summary>
    Boolean,
}
