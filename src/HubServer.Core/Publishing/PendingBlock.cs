namespace HubServer.Core;

/// <summary>A block on its way to the backplane, and who waits for the answer.</summary>
internal sealed class PendingBlock(Block block)
    : TaskCompletionSource<AppendResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public Block Block { get; } = block;
}
