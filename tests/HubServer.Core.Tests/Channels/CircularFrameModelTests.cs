using CsCheck;
using HubServer.Protocol;

namespace HubServer.Core.Tests;

/// <summary>Random commands on a ring and on a list of rows must leave both with the same rows.</summary>
public sealed class CircularFrameModelTests
{
    private static readonly FieldType[] Types = [FieldType.Number, FieldType.String, FieldType.Boolean, FieldType.Time];

    // A command is a number that chooses what is done and a seed for its values, so that CsCheck shrinks both.
    private static readonly Gen<(int What, int Rows, int Seed)[]> Commands =
        Gen.Select(Gen.Int[0, 99], Gen.Int[0, 70], Gen.Int[0, 1_000_000]).Array[1, 30];

    [Fact]
    public void AnyCommands_WithoutAByteLimit_KeepExactlyTheNewestRows() =>
        Gen.Select(Gen.Int[1, 50], Commands).Sample((capacity, commands) => Run(capacity, long.MaxValue, commands), iter: 5_000);

    [Fact]
    public void AnyCommands_WithAByteLimit_KeepTheNewestRowsThatFitHalfOfItAndNeverPassIt() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[0, 3_000], Commands).Sample((capacity, maxBytes, commands) => Run(capacity, maxBytes, commands), iter: 5_000);

    [Fact]
    public void AnyCommands_WhileTheCapacityChangesInRowsAndTime_KeepExactlyTheNewestRows() =>
        Gen.Select(Gen.Int[1, 50], Commands).Sample((capacity, commands) => Run(capacity, long.MaxValue, commands, changesCapacity: true), iter: 5_000);

    [Fact]
    public void AnyCommands_OnRingsThatShareABudget_NeverPassItButForOneRowEach() =>
        Gen.Select(Gen.Int[100, 6_000], Gen.Select(Gen.Int[0, 3], Gen.Int[0, 40], Gen.Int[0, 1_000_000]).Array[1, 40]).Sample(RunSharing, iter: 5_000);

    private static void RunSharing(int limit, (int Ring, int Rows, int Seed)[] commands)
    {
        var budget = new ByteBudget(limit);
        var rings = Enumerable.Range(0, 4).Select(_ => (Ring: new CircularFrame(30, 3_000, budget), Model: new RingModel())).ToArray();
        foreach (var (index, rows, seed) in commands)
        {
            var random = new Random(seed);
            var (ring, model) = rings[index];
            if (rows == 40)
            {
                ring.Release();
                rings[index] = (new CircularFrame(30, 3_000, budget), new RingModel());
            }
            else
            {
                Append(ring, model, rows, random);
                CheckRead(ring, model, ring.Oldest, ring.Next);
                Assert.True(ring.Count > 0 || model.IsEmpty, "the newest row is always kept");
            }

            Assert.Equal(rings.Sum(one => one.Ring.Bytes), budget.Taken);

            // The ring that was appended to gives way, down to one row; what the others hold stays.
            Assert.True(rows == 0 || budget.Taken <= limit || rings[index].Ring.Count <= 1, $"{budget.Taken} bytes are taken of {limit}");
        }
    }

    private static void Run(int capacity, long maxBytes, (int What, int Rows, int Seed)[] commands, bool changesCapacity = false)
    {
        var ring = new CircularFrame(capacity, maxBytes);
        var model = new RingModel();
        model.SetCapacity(capacity, null);
        foreach (var (what, rows, seed) in commands)
        {
            var random = new Random(seed);
            if (what < 4)
            {
                var next = random.Next(1_000);
                ring.StartAt(next, ring.Schema);
                model.StartAt(next);
            }
            else if (what < 8 && maxBytes == long.MaxValue)
            {
                // Anywhere from before the oldest row kept to the end; fields that no kept row has go, too. With a byte limit
                // narrower rows might have been kept before, so what a ring should hold can only be told without one.
                var next = random.NextInt64(Math.Max(0, ring.Oldest - 3), ring.Next + 1);
                var schema = model.SchemaAt(next);
                ring.Truncate(next, schema);
                model.Truncate(next, schema);
            }
            else if (what < 20 && changesCapacity)
            {
                var (newest, age) = (random.Next(1, 60), random.Next(3) == 0 ? (double?)null : random.Next(0, 12));
                ring.SetCapacity(newest, age);
                model.SetCapacity(newest, age);
            }
            else
            {
                // Small blocks are as likely as large ones: the edges lie where a block just fits.
                Append(ring, model, what % 2 == 0 ? rows % 4 : rows, random);
            }

            CheckLimits(ring, model, maxBytes);
            CheckRead(ring, model, ring.Oldest, ring.Next);
            CheckRead(ring, model, random.NextInt64(ring.Oldest, ring.Next + 1), random.NextInt64(ring.Oldest, ring.Next + 1));
            CheckTimes(ring, model, random.Next(-6, 21));
        }
    }

    private static void Append(CircularFrame ring, RingModel model, int count, Random random)
    {
        var schema = NextSchema(model, random);
        var columns = schema.Fields.Select(field => RandomColumn(field.Type, count, random)).ToArray();
        ring.Append(schema, columns, count);
        model.Append(schema, columns, count);
    }

    private static Schema NextSchema(RingModel model, Random random)
    {
        // A new epoch, on an empty ring, may bring a schema that has nothing to do with the one before.
        var schema = model.IsEmpty && random.Next(2) == 0 ? Schema.Empty : model.Schema;
        var added = schema.Fields.Count == 0 ? random.Next(1, 4) : Math.Max(0, random.Next(-6, 3));
        if (added == 0 || schema.Fields.Count > 12)
            return random.Next(3) == 0 ? new Schema([.. schema.Fields]) : schema;
        return schema.With(Enumerable.Range(schema.Fields.Count, added).Select(i => new Field($"f{i}", Types[random.Next(Types.Length)])));
    }

    private static Column RandomColumn(FieldType type, int count, Random random)
    {
        if (random.Next(8) == 0)
            return Column.Nulls(ColumnKind.Empty, count);

        return type switch
        {
            FieldType.Time => new Column(Values(count, () => random.Next(5) == 0 ? Column.NullNumber : random.Next(-5, 20))),
            FieldType.Number => new Column(Values(count, () => RandomNumber(random))),
            FieldType.String => new Column(Values(count, () => random.Next(4) == 0 ? null : new string('x', random.Next(6) == 0 ? random.Next(300) : random.Next(8)))),
            _ => new Column(Values(count, () => (byte)random.Next(3))),
        };
    }

    private static double RandomNumber(Random random) => random.Next(8) switch
    {
        0 => Column.NullNumber,
        1 => double.NaN,
        2 => double.NegativeInfinity,
        3 => -0.0,
        _ => random.Next(1_000),
    };

    private static T[] Values<T>(int count, Func<T> next)
    {
        var values = new T[count];
        for (var i = 0; i < count; i++)
            values[i] = next();
        return values;
    }

    private static void CheckLimits(CircularFrame ring, RingModel model, long maxBytes)
    {
        Assert.Equal(model.Next, ring.Next);
        Assert.Equal(ring.Next - ring.Oldest, ring.Count);
        Assert.Equal(ring.Count == 0 ? null : model.TimeAt(ring.Next - 1), ring.LastTime);

        var kept = Bytes(model, ring.Oldest);
        var slots = ring.Count == 0 ? 0 : (ring.Bytes - (kept - ((long)ring.Count * model.SlotBytes))) / (double)model.SlotBytes;
        Assert.InRange(slots, ring.Count, ring.Capacity);
        Assert.Equal(Math.Floor(slots), slots);

        var oldest = model.Oldest;
        if (maxBytes == long.MaxValue)
        {
            Assert.Equal(oldest, ring.Oldest);
            return;
        }

        Assert.True(ring.Bytes <= maxBytes || ring.Count == 1, $"{ring.Bytes} bytes in {ring.Count} rows are above {maxBytes}");
        Assert.True(ring.Bytes <= Math.Max(maxBytes, kept), "one row above the limit has no slots to spare");
        Assert.True(ring.Count > 0 || model.IsEmpty, "the newest row is always kept");
        Assert.True(
            ring.Oldest == oldest || 2 * Bytes(model, ring.Oldest - 1) > maxBytes,
            $"row {ring.Oldest - 1} was dropped although it and all later ones take less than half of {maxBytes} bytes");
    }

    private static long Bytes(RingModel model, long from)
    {
        var bytes = 0L;
        for (var offset = from; offset < model.Next; offset++)
            bytes += model.BytesOf(offset);
        return bytes;
    }

    private static void CheckRead(CircularFrame ring, RingModel model, long one, long other)
    {
        var (from, to) = (Math.Min(one, other), Math.Max(one, other));

        // In reverse order, so that a field's index is not its place in the answer.
        int[] fields = [.. Enumerable.Range(0, ring.Schema.Fields.Count).Reverse()];
        var read = ring.Read(from, to, fields);
        for (var i = 0; i < fields.Length; i++)
        {
            Assert.Equal(KindOf(ring.Schema.Fields[fields[i]].Type), read[i].Kind);
            Assert.Equal(to - from, read[i].Count);
            for (var offset = from; offset < to; offset++)
                Assert.True(Same(model.At(offset, fields[i]), RingModel.ValueOf(read[i], (int)(offset - from))), $"field {fields[i]} of row {offset} differs");
        }
    }

    private static void CheckTimes(CircularFrame ring, RingModel model, double time)
    {
        Assert.Equal(model.FirstAtOrAfter(ring.Oldest, time), ring.FirstAtOrAfter(time));
        Assert.Equal(model.EndAtOrBefore(ring.Oldest, time), ring.EndAtOrBefore(time));
    }

    // By bits: -0.0 is not 0.0, and NaN is NaN.
    private static bool Same(object? expected, object? actual) => expected is double a && actual is double b
        ? BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b)
        : Equals(expected, actual);

    private static ColumnKind KindOf(FieldType type) => type switch
    {
        FieldType.String => ColumnKind.String,
        FieldType.Boolean => ColumnKind.Boolean,
        _ => ColumnKind.Number,
    };
}
