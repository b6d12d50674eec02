namespace HubServer.History;

/// <summary>What a line of a history says.</summary>
public enum HistoryKind
{
    /// <summary>A publisher sends a block.</summary>
    Invoke,

    /// <summary>The block was acknowledged at a position.</summary>
    Ok,

    /// <summary>The attempt wrote nothing.</summary>
    Fail,

    /// <summary>Nobody knows what became of the attempt.</summary>
    Info,

    /// <summary>A subscriber calls Query.</summary>
    Connect,

    /// <summary>A subscriber received an item.</summary>
    Item,

    /// <summary>A frame of the item before.</summary>
    Frame,

    /// <summary>A subscriber's call ended.</summary>
    Leave,
}
