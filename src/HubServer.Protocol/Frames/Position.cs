namespace HubServer.Protocol;

/// <summary>A place in a channel's rows.</summary>
/// <param name="Epoch">Changes when the channel's past was lost or rolled back; opaque to clients.</param>
/// <param name="Offset">Counts the channel's rows from 0 within the epoch.</param>
public readonly record struct Position(string Epoch, long Offset);
