namespace HubServer.Core;

/// <summary>A block at its position in its channel, as every node gets it.</summary>
/// <param name="Block">The rows.</param>
/// <param name="Epoch">The channel's epoch.</param>
/// <param name="Offset">The offset of the first row.</param>
public sealed record LoggedBlock(Block Block, string Epoch, long Offset)
{
    /// <summary>The offset after the last row.</summary>
    public long End => Offset + Block.Count;
}
