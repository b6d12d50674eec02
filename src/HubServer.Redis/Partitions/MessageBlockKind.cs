namespace HubServer.Redis;

/// <summary>What happened to a channel.</summary>
internal enum MessageBlockKind
{
    /// <summary>Rows, fields or settings were appended.</summary>
    Append,

    /// <summary>It was begun anew from what a node had of it.</summary>
    Seed,

    /// <summary>It was removed.</summary>
    Remove,
}
