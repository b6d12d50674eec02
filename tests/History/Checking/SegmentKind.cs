namespace HubServer.History;

/// <summary>What a subscriber was told of a run of offsets.</summary>
internal enum SegmentKind
{
    /// <summary>Every row.</summary>
    Rows,

    /// <summary>Some of the rows.</summary>
    Sampled,

    /// <summary>That they are gone.</summary>
    Lapped,
}
