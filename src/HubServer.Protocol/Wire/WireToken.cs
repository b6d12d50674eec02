namespace HubServer.Protocol;

/// <summary>What a value on the wire is, in either format.</summary>
public enum WireToken
{
    /// <summary>Null.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>An integer or a floating-point number.</summary>
    Number,

    /// <summary>A text.</summary>
    String,

    /// <summary>Keys and values.</summary>
    Map,

    /// <summary>A list.</summary>
    Array,

    /// <summary>Bytes; MessagePack only.</summary>
    Binary,

    /// <summary>Something that the contract has no use for.</summary>
    Other,
}
