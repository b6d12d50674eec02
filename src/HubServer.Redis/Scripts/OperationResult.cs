using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>The script's answer for one operation.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="State">The channel after it; null where it is not there, or was not looked at.</param>
/// <param name="Epoch">The epoch in which appended rows stand.</param>
/// <param name="Offset">The offset of the first appended row; the publisher's newest sequence for <see cref="OperationStatus.Old"/>.</param>
/// <param name="Count">The rows that the publisher's block had when it was taken, for <see cref="OperationStatus.Again"/>.</param>
/// <param name="Schema">The channel's schema, for <see cref="OperationStatus.Stale"/>; null where its text is lost.</param>
internal sealed record OperationResult(OperationStatus Status, ChannelState? State = null, string Epoch = "", long Offset = -1, int Count = 0, Schema? Schema = null);
