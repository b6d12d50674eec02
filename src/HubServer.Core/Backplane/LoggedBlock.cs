namespace HubServer.Core;

/// <summary>A block at its position in its channel, as every node gets it.</summary>
/// <param name="Block">The rows.</param>
/// <param name="Epoch">The channel's epoch.</param>
/// <param name="Offset">The offset of the first row.</param>
public sealed record LoggedBlock(Block Block, string Epoch, long Offset)
{
    /// <summary>The epoch in which it was taken, which its publisher was told; an earlier one where the channel went on since.</summary>
    public string TakenIn { get; init; } = Epoch;

    /// <summary>The offset after the last row.</summary>
    public long End => Offset + Block.Count;

    /// <summary>Its rows from an offset on.</summary>
    public LoggedBlock From(long offset)
    {
        var start = (int)(offset - Offset);
        var count = Block.Count - start;
        var rows = new Block
        {
            Channel = Block.Channel,
            BaseHash = Block.BaseHash,
            Schema = Block.Schema,
            Columns = Array.ConvertAll(Block.Columns, column => column.Slice(start, count)),
            Count = count,
            Bytes = Block.Bytes,
            Settings = Block.Settings,
        };
        return this with { Block = rows, Offset = offset };
    }
}
