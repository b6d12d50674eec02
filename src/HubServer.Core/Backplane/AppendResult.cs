using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>A backplane's answer for one block.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Epoch">The channel's epoch, where the block was appended.</param>
/// <param name="Offset">The offset of the block's first row, where it was appended.</param>
/// <param name="Count">The rows appended; of a publisher's retry, those that its first block had.</param>
/// <param name="Schema">The channel's schema, where the block's was stale.</param>
/// <param name="Error">Why it was refused.</param>
public readonly record struct AppendResult(AppendStatus Status, string Epoch = "", long Offset = -1, int Count = 0, Schema? Schema = null, ItemError? Error = null);
