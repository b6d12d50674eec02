using System.Diagnostics;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>One circular column of a <see cref="CircularFrame"/>: it owns the array, the frame owns where the rows are in it.</summary>
internal sealed class RingColumn
{
    // What a string costs beside its characters: object header, method table, length and terminator, rounded up.
    private const int StringOverheadBytes = 24;

    private double[] _numbers = [];
    private string?[] _strings = [];
    private byte[] _booleans = [];

    public RingColumn(ColumnKind kind)
    {
        Debug.Assert(kind != ColumnKind.Empty, "a ring knows the type of its fields");
        Kind = kind;
    }

    public ColumnKind Kind { get; }

    /// <summary>The bytes that one slot takes in the array: a number, a reference or a byte.</summary>
    public int SlotBytes => Kind == ColumnKind.Boolean ? sizeof(byte) : sizeof(double);

    public static ColumnKind KindOf(FieldType type) => type switch
    {
        FieldType.String => ColumnKind.String,
        FieldType.Boolean => ColumnKind.Boolean,
        _ => ColumnKind.Number,
    };

    public double NumberAt(int slot) => _numbers[slot];

    /// <summary>The numbers of a run of slots that does not wrap.</summary>
    public ReadOnlySpan<double> Numbers(int slot, int count) => _numbers.AsSpan(slot, count);

    /// <summary>Makes every slot null in an array of this size, for a field that joins rows that did not have it.</summary>
    public void Allocate(int size)
    {
        switch (Kind)
        {
            case ColumnKind.Number:
                _numbers = GC.AllocateUninitializedArray<double>(size);
                Array.Fill(_numbers, Column.NullNumber);
                break;
            case ColumnKind.String:
                _strings = new string?[size];
                break;
            default:
                _booleans = GC.AllocateUninitializedArray<byte>(size);
                Array.Fill(_booleans, Column.NullBoolean);
                break;
        }
    }

    /// <summary>Moves the rows that start at <paramref name="head"/> to the start of an array of another size.</summary>
    public void Resize(int head, int count, int size)
    {
        switch (Kind)
        {
            case ColumnKind.Number: _numbers = Moved(_numbers, head, count, size); break;
            case ColumnKind.String: _strings = Moved(_strings, head, count, size); break;
            default: _booleans = Moved(_booleans, head, count, size); break;
        }
    }

    /// <summary>Copies rows of a block into slots that do not wrap, and returns the bytes of text that this adds.</summary>
    public long Write(int slot, Column block, int start, int count)
    {
        if (block.Kind == ColumnKind.Empty)
        {
            WriteNulls(slot, count);
            return 0;
        }

        Debug.Assert(block.Kind == Kind, "a block is validated against the schema before it gets here");
        switch (Kind)
        {
            case ColumnKind.Number:
                block.Numbers.Slice(start, count).CopyTo(_numbers.AsSpan(slot));
                return 0;
            case ColumnKind.Boolean:
                block.Booleans.Slice(start, count).CopyTo(_booleans.AsSpan(slot));
                return 0;
            default:
                block.Strings.Slice(start, count).CopyTo(_strings.AsSpan(slot));
                return TextBytes(_strings.AsSpan(slot, count));
        }
    }

    /// <summary>Lets go of the strings in slots that do not wrap, and returns the bytes of text that this frees.</summary>
    public long Release(int slot, int count)
    {
        if (Kind != ColumnKind.String)
            return 0;

        // An evicted row's text would otherwise live until the ring comes round, which on a quiet channel is never.
        var released = _strings.AsSpan(slot, count);
        var bytes = TextBytes(released);
        released.Clear();
        return bytes;
    }

    /// <summary>A copy of <paramref name="count"/> rows from a slot on, round the end of the array where they wrap.</summary>
    public Column Read(int slot, int count) => Kind switch
    {
        ColumnKind.Number => new Column(Moved(_numbers, slot, count, count)),
        ColumnKind.String => new Column(Moved(_strings, slot, count, count)),
        _ => new Column(Moved(_booleans, slot, count, count)),
    };

    private void WriteNulls(int slot, int count)
    {
        switch (Kind)
        {
            case ColumnKind.Number: _numbers.AsSpan(slot, count).Fill(Column.NullNumber); break;
            case ColumnKind.String: _strings.AsSpan(slot, count).Clear(); break;
            default: _booleans.AsSpan(slot, count).Fill(Column.NullBoolean); break;
        }
    }

    private static T[] Moved<T>(T[] from, int slot, int count, int size)
    {
        // Slots behind the rows stay uninitialised: they are written before they are read.
        var to = GC.AllocateUninitializedArray<T>(size);
        var first = Math.Min(count, from.Length - slot);
        from.AsSpan(slot, first).CopyTo(to);
        from.AsSpan(0, count - first).CopyTo(to.AsSpan(first));
        return to;
    }

    private static long TextBytes(ReadOnlySpan<string?> texts)
    {
        var bytes = 0L;
        foreach (var text in texts)
        {
            if (text is not null)
                bytes += StringOverheadBytes + (2L * text.Length);
        }

        return bytes;
    }
}
