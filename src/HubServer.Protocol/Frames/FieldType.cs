namespace HubServer.Protocol;

/// <summary>The type of a field. A channel's field never changes its type within an epoch.</summary>
public enum FieldType
{
    /// <summary>Milliseconds since 1970-01-01 UTC as a float64, so about 0.25 microseconds apart today.</summary>
    Time,

    /// <summary>A float64; NaN and infinities are values, null is not.</summary>
    Number,

    /// <summary>A text.</summary>
    String,

    /// <summary>True or false.</summary>
    Boolean,
}
