using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>How far a channel has come, read in one go.</summary>
/// <param name="Epoch">The epoch of its rows.</param>
/// <param name="Oldest">The offset of the oldest row kept.</param>
/// <param name="Next">The offset that the next row gets.</param>
/// <param name="Schema">The fields of the rows before <paramref name="Next"/>.</param>
/// <param name="Limits">What it may keep.</param>
/// <param name="IsRemoved">Whether the channel went away.</param>
public readonly record struct ChannelHead(string Epoch, long Oldest, long Next, Schema Schema, ChannelLimits Limits, bool IsRemoved);
