namespace HubServer.Core;

/// <summary>What a publisher was answered for its last block of a channel.</summary>
/// <param name="Publisher">The publisher.</param>
/// <param name="Sequence">Its number for the block.</param>
/// <param name="Epoch">The epoch in which the block was taken.</param>
/// <param name="Offset">The offset of its first row.</param>
/// <param name="Count">Its rows.</param>
public sealed record PublisherAnswer(string Publisher, long Sequence, string Epoch, long Offset, int Count);
