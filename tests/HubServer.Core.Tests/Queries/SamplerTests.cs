using CsCheck;
using HubServer.Protocol;

namespace HubServer.Core.Tests;

public sealed class SamplerTests
{
    // A few distinct numbers make ties likely; nulls come in runs as long as a bucket.
    private static readonly Gen<double> Number = Gen.Frequency(
        (6, Gen.Int[-50, 50].Select(value => (double)value)),
        (3, Gen.Double[-1e9, 1e9]),
        (1, Gen.OneOf(double.NaN, double.PositiveInfinity, double.NegativeInfinity, Column.NullNumber)));

    private static readonly Gen<(double[][] Fields, int MaxRows)> Runs =
        from count in Gen.Int[0, 400]
        from fields in Gen.OneOf(Number.Array[count], Gen.Const(() => Nulls(count)), WithHole(count)).Array[0, 6]
        from maxRows in Gen.Int[1, 120]
        select (fields, maxRows);

    [Fact]
    public void MinMax_WithAnyRows_KeepsItsPromises() => Runs.Sample(run => Check(run.Fields, run.Fields.Length == 0 ? 300 : run.Fields[0].Length, run.MaxRows), iter: 10_000);

    [Theory]
    [InlineData(10, 10)]
    [InlineData(10, 11)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void MinMax_WhenAllRowsFit_GivesAll(int count, int maxRows) =>
        Assert.Equal(Enumerable.Range(0, count), Sample([Rising(count)], count, maxRows));

    [Fact]
    public void MinMax_WithOneRowAllowed_GivesTheNewest() => Assert.Equal([99], Sample([Rising(100)], 100, 1));

    [Fact]
    public void MinMax_KeepsASpikeWhereASteppedSampleWouldMissIt()
    {
        var numbers = new double[1_000];
        (numbers[333], numbers[777]) = (100, -100);

        var rows = Sample([numbers], 1_000, 11);

        Assert.Contains(333, rows);
        Assert.Contains(777, rows);
        Assert.Equal(999, rows[^1]);
    }

    [Fact]
    public void MinMax_WithInfinities_TakesThemAsValuesAndSkipsNaN()
    {
        var numbers = Rising(100);
        (numbers[10], numbers[20], numbers[30], numbers[40]) = (double.NegativeInfinity, double.NaN, double.PositiveInfinity, Column.NullNumber);

        Assert.Equal([10, 30, 99], Sample([numbers], 100, 3));
    }

    [Fact]
    public void MinMax_WhenAValueRepeats_TakesItsFirstRow() => Assert.Equal([0, 99], Sample([new double[100]], 100, 3));

    [Fact]
    public void MinMax_InABucketOfOnlyNulls_KeepsItsFirstRow() => Assert.Equal([0, 25, 50, 75, 99], Sample([], 100, 5));

    [Fact]
    public void MinMax_WhenFieldsPeakTogether_UsesTheRowsSavedForMoreBuckets()
    {
        var numbers = Enumerable.Range(0, 10_000).Select(row => Math.Sin(row / 7.0)).ToArray();

        var rows = Sample([numbers, numbers, numbers, numbers], 10_000, 801);

        Assert.InRange(rows.Length, 600, 801);
    }

    [Fact]
    public void MinMax_LooksOnlyAtNumberFields()
    {
        var columns = new[] { new Column(Rising(100)), new Column(new string?[100]), new Column(new byte[100]), Column.Nulls(ColumnKind.Empty, 100) };
        FieldType[] types = [FieldType.Time, FieldType.String, FieldType.Boolean, FieldType.Number];

        Assert.Equal([0, 33, 66, 99], Sampler.MinMax(columns, types, 100, 4));
    }

    private static bool Check(double[][] fields, int count, int maxRows)
    {
        var rows = Sample(fields, count, maxRows);

        Assert.True(rows.Length <= maxRows, "never more rows than asked for");
        Assert.True(rows.All(row => row >= 0 && row < count), "real rows only");
        Assert.True(rows.Zip(rows.Skip(1)).All(pair => pair.First < pair.Second), "ascending, each once");
        if (count <= maxRows)
            return rows.Length == count;

        Assert.Equal(count - 1, rows[^1]);
        if (maxRows < (2 * fields.Length) + 1)
            return true;

        foreach (var numbers in fields)
        {
            var values = numbers.Where(number => !double.IsNaN(number)).ToArray();
            if (values.Length == 0)
                continue;
            Assert.Contains(Array.IndexOf(numbers, values.Min()), rows);
            Assert.Contains(Array.IndexOf(numbers, values.Max()), rows);
        }

        return true;
    }

    private static int[] Sample(double[][] fields, int count, int maxRows)
    {
        var columns = fields.Select(numbers => new Column(numbers)).ToArray();
        var types = fields.Select(_ => FieldType.Number).ToArray();
        return Sampler.MinMax(columns, types, count, maxRows);
    }

    private static Gen<double[]> WithHole(int count) => Gen.Select(Number.Array[count], Gen.Int[0, count], Gen.Int[0, count]).Select((numbers, one, other) =>
    {
        numbers.AsSpan(Math.Min(one, other)..Math.Max(one, other)).Fill(Column.NullNumber);
        return numbers;
    });

    private static double[] Nulls(int count)
    {
        var numbers = new double[count];
        Array.Fill(numbers, Column.NullNumber);
        return numbers;
    }

    private static double[] Rising(int count) => [.. Enumerable.Range(0, count).Select(row => (double)row)];
}
