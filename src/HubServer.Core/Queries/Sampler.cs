using System.Diagnostics;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Thins a long run of rows to real rows that keep the shape of every number field.</summary>
internal static class Sampler
{
    // Rows that hold the extremes of several fields let more buckets fit than the worst case; a few tries find how many.
    private const int MaxTries = 4;

    /// <summary>
    /// The rows, ascending and at most <paramref name="maxRows"/>, that hold the minimum and maximum of each number field
    /// in buckets of equal row count, and the newest row. A bucket without any number keeps its first row.
    /// </summary>
    public static int[] MinMax(ReadOnlySpan<Column> columns, ReadOnlySpan<FieldType> types, int count, int maxRows)
    {
        Debug.Assert(columns.Length == types.Length && maxRows >= 1, "every column has a type, and something is asked for");
        if (count <= maxRows)
            return All(count);

        var numbers = NumberColumns(columns, types);
        var perBucket = Math.Max(1, 2 * numbers.Length);
        var picked = new int[maxRows];

        // The newest row has its place reserved: on a live chart it is where the line goes on.
        var limit = maxRows - 1;
        var safeBuckets = limit / perBucket;
        if (safeBuckets == 0)
            return PickFirstFields(numbers, count, limit, picked);

        var buckets = Math.Max(safeBuckets, limit / Math.Min(2, perBucket));
        for (var attempt = 1; ; attempt++)
        {
            var rows = PickBuckets(numbers, count, buckets, picked.AsSpan(0, limit), out var complete);
            if (complete == buckets)
                return WithNewest(picked, rows, count);

            // As many buckets as were complete when the rows ran out are about as many as fit.
            Debug.Assert(buckets > safeBuckets, "the safe number of buckets fits in the worst case");
            buckets = attempt < MaxTries ? Math.Max(safeBuckets, complete) : safeBuckets;
        }
    }

    private static int[] All(int count)
    {
        var rows = new int[count];
        for (var row = 0; row < count; row++)
            rows[row] = row;
        return rows;
    }

    private static Column[] NumberColumns(ReadOnlySpan<Column> columns, ReadOnlySpan<FieldType> types)
    {
        var numbers = new List<Column>(columns.Length);
        for (var i = 0; i < columns.Length; i++)
        {
            if (types[i] == FieldType.Number && columns[i].Kind == ColumnKind.Number)
                numbers.Add(columns[i]);
        }

        return [.. numbers];
    }

    /// <summary>Where not even one bucket fits: the newest row, and extremes of the whole run in the order of the fields.</summary>
    private static int[] PickFirstFields(Column[] numbers, int count, int limit, int[] picked)
    {
        var rows = 0;
        foreach (var column in numbers)
        {
            var (lowest, highest) = Extremes(column.Numbers[..count]);
            if (lowest >= 0 && rows < limit && !picked.AsSpan(0, rows).Contains(lowest))
                picked[rows++] = lowest;
            if (highest >= 0 && rows < limit && !picked.AsSpan(0, rows).Contains(highest))
                picked[rows++] = highest;
        }

        picked.AsSpan(0, rows).Sort();
        return WithNewest(picked, rows, count);
    }

    /// <summary>Picks bucket by bucket until the rows run out; returns the rows picked in buckets that are complete.</summary>
    private static int PickBuckets(Column[] numbers, int count, int buckets, Span<int> picked, out int complete)
    {
        var inBucket = new int[Math.Max(1, 2 * numbers.Length)];
        var rows = 0;
        for (complete = 0; complete < buckets; complete++)
        {
            var start = (int)((long)complete * count / buckets);
            var end = (int)((complete + 1L) * count / buckets);
            var found = PickBucket(numbers, start, end, inBucket);
            if (rows + found > picked.Length)
                return rows;

            inBucket.AsSpan(0, found).CopyTo(picked[rows..]);
            rows += found;
        }

        return rows;
    }

    private static int PickBucket(Column[] numbers, int start, int end, int[] picked)
    {
        var found = 0;
        foreach (var column in numbers)
        {
            var (lowest, highest) = Extremes(column.Numbers[start..end]);
            if (lowest < 0)
                continue;

            picked[found++] = start + lowest;
            picked[found++] = start + highest;
        }

        if (found == 0)
        {
            picked[0] = start;
            return 1;
        }

        picked.AsSpan(0, found).Sort();
        return Distinct(picked.AsSpan(0, found));
    }

    /// <summary>Where the lowest and the highest number first occur, or -1 where there is none. Null is a NaN, too.</summary>
    private static (int Lowest, int Highest) Extremes(ReadOnlySpan<double> numbers)
    {
        int lowest = -1, highest = -1;
        for (var i = 0; i < numbers.Length; i++)
        {
            var number = numbers[i];
            if (double.IsNaN(number))
                continue;
            if (lowest < 0)
                lowest = highest = i;
            else if (number < numbers[lowest])
                lowest = i;
            else if (number > numbers[highest])
                highest = i;
        }

        return (lowest, highest);
    }

    private static int Distinct(Span<int> sorted)
    {
        var kept = 1;
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] != sorted[kept - 1])
                sorted[kept++] = sorted[i];
        }

        return kept;
    }

    private static int[] WithNewest(int[] picked, int rows, int count)
    {
        if (rows == 0 || picked[rows - 1] != count - 1)
            picked[rows++] = count - 1;
        return picked.AsSpan(0, rows).ToArray();
    }
}
