using System.Diagnostics.CodeAnalysis;

namespace HubServer.Core;

/// <summary>Blocks of one channel that came before earlier ones, or before its past. Not thread-safe: its channel locks.</summary>
internal sealed class ParkedBlocks
{
    /// <summary>Replies overtake messages by a few blocks, not by more.</summary>
    private const int MaxBlocks = 64;

    private readonly SortedList<long, LoggedBlock> _blocks = [];

    public int Count => _blocks.Count;

    /// <summary>Keeps a block; false where no more may wait.</summary>
    public bool TryAdd(LoggedBlock block)
    {
        if (!_blocks.TryGetValue(block.Offset, out var earlier))
        {
            if (_blocks.Count >= MaxBlocks)
                return false;
        }
        else
        {
            block = Join(earlier, block);
        }

        _blocks[block.Offset] = block;
        return true;
    }

    /// <summary>The first block that begins at this offset or before it, which waits no longer.</summary>
    public bool TryTake(long next, [NotNullWhen(true)] out LoggedBlock? block)
    {
        block = null;
        if (_blocks.Count == 0 || _blocks.GetKeyAtIndex(0) > next)
            return false;
        block = _blocks.GetValueAtIndex(0);
        _blocks.RemoveAt(0);
        return true;
    }

    public void Clear() => _blocks.Clear();

    /// <summary>Settings have no rows, so the rows behind them begin at the same offset; either may come first.</summary>
    private static LoggedBlock Join(LoggedBlock earlier, LoggedBlock later)
    {
        var (rows, other) = earlier.Block.Count > 0 && later.Block.Count == 0 ? (earlier, later) : (later, earlier);
        return rows.Block.Settings is null && other.Block is { Count: 0, Settings: { } settings } ? rows with { Block = rows.Block.With(settings) } : rows;
    }
}
