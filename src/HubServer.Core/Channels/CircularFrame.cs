using System.Diagnostics;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// The ring: the newest rows of one channel in typed circular columns, bounded by a number of rows, by bytes and, where
/// asked for, by age.
/// Not safe for concurrent use; its channel locks.
/// </summary>
/// <remarks>
/// All columns have arrays of the same size, and row <c>Oldest + i</c> is in slot <c>(head + i) mod size</c>. The arrays
/// start small and double while they fit both limits, since most channels never fill theirs. They shrink when strings
/// have pushed out half of the rows, so that empty slots do not take the bytes that rows need. From both follows what
/// the byte limit costs: the newest rows that together need at most half of it are always kept.
/// </remarks>
internal sealed class CircularFrame
{
    private const int FirstSize = 8;

    private readonly long _maxBytes;
    private readonly ByteBudget? _budget; // Shared with other rings; null for a ring that is alone.
    private long _taken; // What this ring has taken of the budget.
    private double _maxAgeMs = double.PositiveInfinity;

    // One for each field of the schema.
    private RingColumn[] _columns = [];

    // Slots in every array; 0 until the first row.
    private int _size;

    // The slot of the oldest row; below _size, or 0 where that is 0.
    private int _head;

    // The bytes of one slot across all columns, and those of all strings in the ring.
    private long _slotBytes;
    private long _textBytes;

    public CircularFrame(int capacity, long maxBytes, ByteBudget? budget = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        Capacity = capacity;
        _maxBytes = maxBytes;
        _budget = budget;
    }

    public Schema Schema { get; private set; } = Schema.Empty;

    /// <summary>The most rows that are kept.</summary>
    public int Capacity { get; private set; }

    /// <summary>The offset of the oldest row kept; <see cref="Next"/> when there is none.</summary>
    public long Oldest => Next - Count;

    /// <summary>The offset that the next row gets.</summary>
    public long Next { get; private set; }

    public int Count { get; private set; }

    /// <summary>What the arrays and the strings take. At most the limit, or one row where that alone is above it.</summary>
    public long Bytes => BytesAt(_size);

    /// <summary>The time of the newest row; null where there is no row or it has no time that compares.</summary>
    public double? LastTime
    {
        get
        {
            if (Count == 0 || Schema.TimeIndex < 0)
                return null;

            var time = _columns[Schema.TimeIndex].NumberAt(SlotOf(Next - 1));
            return double.IsNaN(time) ? null : time;
        }
    }

    /// <summary>
    /// Changes how many rows are kept, and how far they may be older than the newest one by their own times. Rows are
    /// dropped from the oldest on: one whose time is ahead of the others holds those behind it until the number of rows
    /// or bytes decides.
    /// </summary>
    public void SetCapacity(int rows, double? maxAgeMs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        (Capacity, _maxAgeMs) = (rows, maxAgeMs ?? double.PositiveInfinity);
        if (Count > Capacity)
            Evict(Count - Capacity);
        if (_size > Capacity)
            Resize(Capacity);
        DropOld();
        Account();
    }

    /// <summary>
    /// Forgets the rows from an offset on, and the fields that only those had: the rows before them never knew more than
    /// this schema, which the ring's extends.
    /// </summary>
    public void Truncate(long next, Schema schema)
    {
        Debug.Assert(next <= Next && schema.Fields.Count <= _columns.Length, "rows and fields only go");
        if (next <= Oldest)
        {
            StartAt(next, schema);
            return;
        }

        if (_textBytes > 0)
            ReleaseText(SlotOf(next), (int)(Next - next));
        foreach (var column in _columns.AsSpan(schema.Fields.Count))
            _slotBytes -= column.SlotBytes;
        (_columns, Schema) = (_columns[..schema.Fields.Count], schema);
        Count -= (int)(Next - next);
        Next = next;
        Account();
    }

    /// <summary>Gives its share of the budget back; the rows stay for those who still read them.</summary>
    public void Release()
    {
        _budget?.Take(-_taken);
        _taken = 0;
    }

    /// <summary>Empties the ring, which goes on at this offset with these fields; the next block may bring any others.</summary>
    public void StartAt(long next, Schema schema)
    {
        Debug.Assert(next >= 0, "offsets count from 0");
        Next = next;

        // A channel whose rows nobody reads here goes on with each of its blocks.
        if (_size == 0 && ReferenceEquals(schema, Schema))
            return;
        (Count, _head, _size, _slotBytes, _textBytes) = (0, 0, 0, 0, 0);
        _columns = [];
        Adopt(schema);
        Account();
    }

    /// <summary>
    /// Appends a block. Its schema is the ring's, or that one with fields added at its end. Or it lacks the last of the
    /// ring's: who takes over an epoch with the fields that it has by now reads rows from before the last of them came.
    /// </summary>
    public void Append(Schema schema, Column[] columns, int count)
    {
        Debug.Assert(columns.Length == schema.Fields.Count, "a block has one column for each field of its schema");
        if (Count > 0 && columns.Length < _columns.Length)
            columns = Widen(columns, count);
        else if (!ReferenceEquals(schema, Schema))
            Adopt(schema);

        var start = Math.Max(0, count - Capacity);
        if (start > 0)
        {
            Evict(Count);
            Next += start;
        }

        while (start < count)
        {
            MakeRoom(count - start);
            var rows = Math.Min(count - start, _size - Count);
            Write(columns, start, rows);
            start += rows;
            Trim();
        }

        DropOld();
        Account();
        Debug.Assert(Count <= Capacity && Oldest >= 0 && (Bytes <= _maxBytes || Count <= 1), "the ring is within its limits");
    }

    /// <summary>Copies the rows [from, to) of some fields; each column is of its field's kind, even where all are null.</summary>
    public Column[] Read(long from, long to, ReadOnlySpan<int> fields)
    {
        Debug.Assert(Oldest <= from && from <= to && to <= Next, "the caller reads rows that are kept");
        var read = new Column[fields.Length];
        for (var i = 0; i < fields.Length; i++)
            read[i] = _columns[fields[i]].Read(SlotOf(from), (int)(to - from));
        return read;
    }

    /// <summary>The offset of the first row whose time is at or after this one, or <see cref="Next"/>. Rows are not sorted by time.</summary>
    public long FirstAtOrAfter(double time)
    {
        if (Count == 0 || Schema.TimeIndex < 0)
            return Next;

        var older = OlderTimes();
        var newer = NewerTimes();
        for (var i = 0; i < older.Length; i++)
        {
            // Null is a NaN and compares as false, here and below.
            if (older[i] >= time)
                return Oldest + i;
        }

        for (var i = 0; i < newer.Length; i++)
        {
            if (newer[i] >= time)
                return Oldest + older.Length + i;
        }

        return Next;
    }

    /// <summary>1 + the offset of the last row before <paramref name="end"/> whose time is at or before this one, or <see cref="Oldest"/>.</summary>
    public long EndAtOrBefore(double time, long end = long.MaxValue)
    {
        if (Count == 0 || Schema.TimeIndex < 0)
            return Oldest;

        var older = OlderTimes();
        var newer = NewerTimes();
        var rows = Math.Clamp(end - Oldest, 0, Count);
        for (var i = (int)Math.Min(newer.Length, rows - older.Length) - 1; i >= 0; i--)
        {
            if (newer[i] <= time)
                return Oldest + older.Length + i + 1;
        }

        for (var i = (int)Math.Min(older.Length, rows) - 1; i >= 0; i--)
        {
            if (older[i] <= time)
                return Oldest + i + 1;
        }

        return Oldest;
    }

    private void Adopt(Schema schema)
    {
        // A new epoch may bring other fields, and it starts with an empty ring.
        if (Count == 0)
            (_columns, _slotBytes, _size, _head) = ([], 0, 0, 0);

        Debug.Assert(Extends(schema), "a schema only grows, and a field never changes its type");
        var columns = new RingColumn[schema.Fields.Count];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = i < _columns.Length ? _columns[i] : new RingColumn(RingColumn.KindOf(schema.Fields[i].Type));

        // The rows make room for the new fields before their arrays are allocated, so that these never pass the limit.
        var added = columns.AsSpan(_columns.Length);
        foreach (var column in added)
            _slotBytes += column.SlotBytes;
        Trim();

        foreach (var column in added)
            column.Allocate(_size);
        (_columns, Schema) = (columns, schema);
    }

    private bool Extends(Schema schema)
    {
        if (schema.Fields.Count < _columns.Length)
            return false;

        for (var i = 0; i < _columns.Length; i++)
        {
            if (schema.Fields[i].Key != Schema.Fields[i].Key || schema.Fields[i].Type != Schema.Fields[i].Type)
                return false;
        }

        return true;
    }

    private Column[] Widen(Column[] columns, int count)
    {
        var known = columns.Length;
        Array.Resize(ref columns, _columns.Length);
        columns.AsSpan(known).Fill(Column.Nulls(ColumnKind.Empty, count));
        return columns;
    }

    /// <summary>Frees at least one slot, by growing while that fits the limits, otherwise by evicting.</summary>
    private void MakeRoom(int wanted)
    {
        if (Count < _size && (_size == Capacity || Count + (long)wanted <= _size))
            return;

        var size = _size;
        while (size < Math.Min(Capacity, Count + (long)wanted) && BytesAt(Grown(size)) <= AllowedBytes)
            size = Grown(size);
        if (size == 0)
            size = 1;
        if (size > _size)
            Resize(size);
        if (Count < _size)
            return;

        // Below both limits it is the text of old rows that keeps the arrays from growing: let go of one and ask again.
        var mayGrow = _size < Capacity && Grown(_size) * _slotBytes <= AllowedBytes;
        Evict(mayGrow ? 1 : Math.Min(wanted, Count));
    }

    private void Write(Column[] columns, int start, int rows)
    {
        var slot = SlotOf(Next);
        var first = Math.Min(rows, _size - slot);
        for (var i = 0; i < columns.Length; i++)
        {
            _textBytes += _columns[i].Write(slot, columns[i], start, first);
            if (first < rows)
                _textBytes += _columns[i].Write(0, columns[i], start + first, rows - first);
        }

        Next += rows;
        Count += rows;
    }

    /// <summary>Comes back under the byte limit: evicts from the oldest on, and shrinks arrays that are half empty.</summary>
    private void Trim()
    {
        while (Bytes > AllowedBytes)
        {
            // A quarter at a time leaves slots to spare, so that no number of appends makes it shrink and grow each time.
            if (_size > 1 && Count <= _size / 2)
                Resize(_size - ((_size + 3) / 4));
            else if (Count > 1)
                Evict(1);
            else
                return;
        }
    }

    private void DropOld()
    {
        if (double.IsPositiveInfinity(_maxAgeMs) || LastTime is not { } newest)
            return;

        // Null is a NaN, compares as false, and stays.
        var rows = 0;
        while (rows < Count - 1 && _columns[Schema.TimeIndex].NumberAt(SlotOf(Oldest + rows)) < newest - _maxAgeMs)
            rows++;
        if (rows > 0)
            Evict(rows);

        // Half empty at a quarter: a rate that swings a little does not make it shrink and grow each time.
        if (_size > FirstSize && Count <= _size / 4)
            Resize(_size / 2);
    }

    /// <summary>What this ring may take: its own limit, and no more than what the others left.</summary>
    private long AllowedBytes => _budget is null ? _maxBytes : Math.Min(_maxBytes, _taken + _budget.Free);

    private void Account()
    {
        _budget?.Take(Bytes - _taken);
        _taken = Bytes;
    }

    private void Evict(int rows)
    {
        if (_textBytes > 0)
            ReleaseText(_head, rows);

        Count -= rows;
        _head += rows;
        if (_head >= _size)
            _head -= _size;
    }

    private void ReleaseText(int slot, int rows)
    {
        var first = Math.Min(rows, _size - slot);
        foreach (var column in _columns)
            _textBytes -= column.Release(slot, first) + column.Release(0, rows - first);
    }

    private void Resize(int size)
    {
        Debug.Assert(Count <= size, "every row keeps a slot");
        foreach (var column in _columns)
            column.Resize(_head, Count, size);
        (_head, _size) = (0, size);
    }

    /// <summary>The times up to the end of the array.</summary>
    private ReadOnlySpan<double> OlderTimes() => _columns[Schema.TimeIndex].Numbers(_head, Math.Min(Count, _size - _head));

    /// <summary>The times that wrapped round to its start.</summary>
    private ReadOnlySpan<double> NewerTimes() => _columns[Schema.TimeIndex].Numbers(0, Math.Max(0, Count - (_size - _head)));

    private int Grown(int size) => (int)Math.Min(Capacity, size == 0 ? FirstSize : size * 2L);

    private long BytesAt(int size) => (size * _slotBytes) + _textBytes;

    private int SlotOf(long offset)
    {
        var slot = _head + (offset - Oldest);
        return (int)(slot < _size ? slot : slot - _size);
    }
}
