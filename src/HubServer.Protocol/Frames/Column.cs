using System.Runtime.CompilerServices;

namespace HubServer.Protocol;

/// <summary>
/// A run of values of one kind, with nulls. Numbers keep null as one particular NaN, so that a column of numbers is
/// the same bytes in memory and in MessagePack. Grows at the end; not safe for concurrent use while it grows.
/// </summary>
public sealed class Column
{
    /// <summary>The bits of the NaN that means null in a column of numbers: R's NA.</summary>
    public const long NullNumberBits = 0x7FF80000000007A2;

    /// <summary>The boolean column's byte for null; false is 0 and true is 1.</summary>
    public const byte NullBoolean = 2;

    /// <summary>The number that means null.</summary>
    public static readonly double NullNumber = BitConverter.Int64BitsToDouble(NullNumberBits);

    private double[] _numbers = [];
    private string?[] _strings = [];
    private byte[] _booleans = [];

    /// <summary>Creates an empty column whose first value decides its kind.</summary>
    public Column()
    {
    }

    /// <summary>Creates a column of numbers over the array, which it owns from then on.</summary>
    public Column(double[] numbers)
    {
        (_numbers, Count, Kind) = (numbers, numbers.Length, ColumnKind.Number);
    }

    /// <summary>Creates a column of strings over the array, which it owns from then on.</summary>
    public Column(string?[] strings)
    {
        (_strings, Count, Kind) = (strings, strings.Length, ColumnKind.String);
    }

    /// <summary>Creates a column of booleans over the array (0, 1 or <see cref="NullBoolean"/>), which it owns from then on.</summary>
    public Column(byte[] booleans)
    {
        (_booleans, Count, Kind) = (booleans, booleans.Length, ColumnKind.Boolean);
    }

    /// <summary>The kind; <see cref="ColumnKind.Empty"/> while there are only nulls.</summary>
    public ColumnKind Kind { get; private set; }

    /// <summary>The number of values, nulls included.</summary>
    public int Count { get; private set; }

    /// <summary>The values of a number column.</summary>
    public ReadOnlySpan<double> Numbers => _numbers.AsSpan(0, Kind == ColumnKind.Number ? Count : 0);

    /// <summary>The values of a string column.</summary>
    public ReadOnlySpan<string?> Strings => _strings.AsSpan(0, Kind == ColumnKind.String ? Count : 0);

    /// <summary>The values of a boolean column: 0, 1 or <see cref="NullBoolean"/>.</summary>
    public ReadOnlySpan<byte> Booleans => _booleans.AsSpan(0, Kind == ColumnKind.Boolean ? Count : 0);

    /// <summary>Whether the number means null. NaN is a value and is not null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNull(double number) => BitConverter.DoubleToInt64Bits(number) == NullNumberBits;

    /// <summary>A column of <paramref name="count"/> nulls, of a kind.</summary>
    public static Column Nulls(ColumnKind kind, int count)
    {
        var column = new Column { Count = count };
        column.Become(kind);
        return column;
    }

    /// <summary>Whether the row's value is null.</summary>
    public bool IsNull(int row) => Kind switch
    {
        ColumnKind.Number => IsNull(_numbers[row]),
        ColumnKind.String => _strings[row] is null,
        ColumnKind.Boolean => _booleans[row] == NullBoolean,
        _ => true,
    };

    /// <summary>Whether every value is null.</summary>
    public bool IsAllNull()
    {
        for (var row = 0; row < Count; row++)
        {
            if (!IsNull(row))
                return false;
        }

        return true;
    }

    /// <summary>Adds a null.</summary>
    public void AddNull()
    {
        switch (Kind)
        {
            case ColumnKind.Number: Append(ref _numbers, NullNumber); break;
            case ColumnKind.String: Append(ref _strings, null); break;
            case ColumnKind.Boolean: Append(ref _booleans, NullBoolean); break;
            default: Count++; break;
        }
    }

    /// <summary>Adds a number; false where the column holds another kind.</summary>
    public bool TryAdd(double value)
    {
        if (!Become(ColumnKind.Number))
            return false;
        Append(ref _numbers, value);
        return true;
    }

    /// <summary>Adds a text; false where the column holds another kind.</summary>
    public bool TryAdd(string value)
    {
        if (!Become(ColumnKind.String))
            return false;
        Append(ref _strings, value);
        return true;
    }

    /// <summary>Adds a boolean; false where the column holds another kind.</summary>
    public bool TryAdd(bool value)
    {
        if (!Become(ColumnKind.Boolean))
            return false;
        Append(ref _booleans, value ? (byte)1 : (byte)0);
        return true;
    }

    /// <summary>Replaces the number at a row.</summary>
    public void Set(int row, double value) => _numbers[row] = value;

    /// <summary>Gives a column of only nulls its kind; false where it already holds another.</summary>
    public bool Become(ColumnKind kind)
    {
        if (Kind == kind)
            return true;
        if (Kind != ColumnKind.Empty)
            return false;

        Kind = kind;
        switch (kind)
        {
            case ColumnKind.Number:
                _numbers = new double[Count];
                Array.Fill(_numbers, NullNumber);
                break;
            case ColumnKind.String:
                _strings = new string?[Count];
                break;
            case ColumnKind.Boolean:
                _booleans = new byte[Count];
                Array.Fill(_booleans, NullBoolean);
                break;
        }

        return true;
    }

    /// <summary>A copy of the rows from <paramref name="start"/>.</summary>
    public Column Slice(int start, int count) => Kind switch
    {
        ColumnKind.Number => new Column(Numbers.Slice(start, count).ToArray()),
        ColumnKind.String => new Column(Strings.Slice(start, count).ToArray()),
        ColumnKind.Boolean => new Column(Booleans.Slice(start, count).ToArray()),
        _ => new Column { Count = count },
    };

    /// <summary>A copy of the chosen rows, in the order given.</summary>
    public Column Pick(ReadOnlySpan<int> rows)
    {
        var picked = new Column();
        picked.Become(Kind);
        foreach (var row in rows)
        {
            switch (Kind)
            {
                case ColumnKind.Number: picked.Append(ref picked._numbers, _numbers[row]); break;
                case ColumnKind.String: picked.Append(ref picked._strings, _strings[row]); break;
                case ColumnKind.Boolean: picked.Append(ref picked._booleans, _booleans[row]); break;
                default: picked.Count++; break;
            }
        }

        return picked;
    }

    private void Append<T>(ref T[] values, T value)
    {
        if (Count == values.Length)
            Array.Resize(ref values, Math.Max(4, Count * 2));
        values[Count++] = value;
    }
}
