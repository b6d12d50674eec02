using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>The rows of one member that a subscription is owed, sent in parts at fixed offsets.</summary>
internal sealed class OwedRows
{
    private readonly Member _member;
    private readonly View _view;
    private long _end; // Comes down where rows are lost with their epoch.
    private readonly long _pageRows;
    private readonly Column[]? _picked; // Where the past is thinned: the rows kept, whose offsets are _pickedOffsets.
    private readonly long[] _pickedOffsets = [];
    private int _nextPick;
    private long _cursor;
    private FrameHead _head;

    /// <summary>Rows from <paramref name="start"/> to <paramref name="end"/>.</summary>
    public OwedRows(Member member, View view, long start, long end, FrameHead head, int partBytes)
    {
        _member = member;
        _view = view;
        _cursor = start;
        _end = end;
        _head = head;

        // A power of two, so that pages keep their places while the average row's size drifts.
        var fit = Math.Max(1, partBytes / Math.Max(1, member.Channel.BytesPerRow()));
        _pageRows = 1L << (int)Math.Log2(Math.Min(fit, 4_096));
    }

    /// <summary>The same, thinned to at most <paramref name="maxRows"/> rows.</summary>
    public OwedRows(Member member, View view, long start, long end, FrameHead head, int partBytes, int maxRows)
        : this(member, view, start, end, head, partBytes)
    {
        // Rows may be gone since they were counted, and those that are left need no thinning.
        var run = member.Channel.Read(head.Epoch, start, end, view);
        if (run.Count <= maxRows)
            return;
        var first = _cursor = run.Start;
        _end = run.End;
        var rows = Sampler.MinMax(run.Columns, view.Types, run.Count, maxRows);
        _picked = Array.ConvertAll(run.Columns, column => column.Pick(rows));
        _pickedOffsets = Array.ConvertAll(rows, row => first + row);
    }

    /// <summary>The offset up to which the rows go: the one asked for, or the last that was still there.</summary>
    public long End => _end;

    /// <summary>Adds the next part; false once there is none.</summary>
    public bool TryAddPart(ItemBuilder item, out bool lapped)
    {
        lapped = false;
        if (_cursor > _end || (_cursor == _end && _head.Kind == FrameKind.Delta && !_head.IsNews))
            return false;

        if (_head is { Kind: FrameKind.Delta, Gap: not null })
            item.AddRows(_member, _cursor, _cursor, _view, _head with { More = _cursor < _end }, out _); // Rows that are gone by now need a gap of their own.
        else
            lapped = _picked is null ? AddPage(item) : AddPicked(item);

        // What follows the first part continues it, in the epoch of the frame.
        _head = new FrameHead(_head.Epoch, FrameKind.Delta, OwedFrom: _cursor, WithSchema: false, Keep: _head.Keep);
        return true;
    }

    private bool AddPage(ItemBuilder item)
    {
        var to = _end - _cursor <= _pageRows ? _end : ((_cursor / _pageRows) + 1) * _pageRows;

        // Pages that are gone altogether are one gap, not one each.
        if (_head.OwedFrom == _cursor)
            to = Math.Clamp(_member.Channel.ReadHead().Oldest, to, _end);
        var lapped = item.AddRows(_member, _cursor, to, _view, _head with { More = to < _end }, out _cursor);
        if (_cursor < to)
            _end = _cursor;
        return lapped;
    }

    private bool AddPicked(ItemBuilder item)
    {
        var count = (int)Math.Min(_pageRows, _pickedOffsets.Length - _nextPick);
        var from = _cursor;
        var to = _nextPick + count == _pickedOffsets.Length ? _end : _pickedOffsets[_nextPick + count];
        var lapped = item.AddPicked(_member, from, to, _view, Array.ConvertAll(_picked ?? [], column => column.Slice(_nextPick, count)), _head with { More = to < _end });
        _nextPick += count;
        _cursor = to;
        return lapped;
    }
}
