using CsCheck;

namespace HubServer.Protocol.Tests;

/// <summary>Arbitrary parts of messages, weighted towards what codecs get wrong.</summary>
internal static class Gens
{
    private static readonly string[] Chunks =
        ["a", "cpu", "0", " ", "/", "\"", "\\", "%", "%2F", "\n", "\t", "\u0001", "ü", "中", "😀", "\u2028", "'", "<", ",", "=", "null", "NaN"];

    /// <summary>A text without half surrogates.</summary>
    public static readonly Gen<string> Text = Gen.OneOf(Chunks).Array[0, 5].Select(string.Concat);

    public static readonly Gen<string> LabelName = Gen.OneOf("host", "core", "_", "a1", "B", "zone", "host_name");

    public static readonly Gen<string> GlobName =
        Gen.OneOf("cpu", "plant/", "*", " x", "\"q\"", "50%", "ü", "😀", "a.b-c", ",=").Array[1, 4].Select(parts => string.Concat(parts).Trim());

    public static readonly Gen<Labels> Labels =
        Gen.Select(LabelName, Text).Array[0, 4].Select(pairs => Protocol.Labels.From(
            pairs.DistinctBy(pair => pair.Item1).Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2))));

    public static readonly Gen<ChannelId> ChannelId =
        Gen.Select(GlobName, Labels, (name, labels) => new ChannelId(name.Replace('*', 'x'), labels));

    /// <summary>A text made of the pieces of the syntax, rarely valid.</summary>
    public static readonly Gen<string> Syntax =
        Gen.OneOf("a", "{", "}", "\"", "\\", "\\n", "=", "!=", "=~", ",", " ", "*", "\0", "\ud83d", "\ude00", "ü", "b=\"c\"", "__name__", "1")
            .Array[0, 9].Select(string.Concat);

    public static readonly Gen<long> Offset =
        Gen.OneOf(Gen.OneOf(-1L, 0, 1, 127, 128, 65_535, uint.MaxValue, (1L << 53) - 1, 1L << 53), Gen.Long[0, 1L << 53]);

    public static readonly Gen<int> Count = Gen.OneOf(Gen.OneOf(0, 1, 255, 65_536, int.MaxValue), Gen.Int[0, 100_000]);

    /// <summary>A number that JSON has words for.</summary>
    public static readonly Gen<double> Finite = Gen.OneOf(
        Gen.OneOf(0d, -0d, 1.5, -1.5, 0.1, double.MaxValue, double.MinValue, double.Epsilon, 1L << 53, (1L << 53) + 2, 1e21, 1e-7, 1700000000000.25),
        Gen.Double[-1e6, 1e6],
        Gen.Long.Select(BitConverter.Int64BitsToDouble).Where(double.IsFinite));

    /// <summary>A column's number: any bits but those of null.</summary>
    public static readonly Gen<double> Number = Gen.Frequency(
        (4, Finite),
        (1, Gen.OneOf(double.NaN, double.PositiveInfinity, double.NegativeInfinity, BitConverter.Int64BitsToDouble(0x7FF8000000000000))));

    public static readonly Gen<ColumnKind> Kind =
        Gen.OneOf(ColumnKind.Number, ColumnKind.Number, ColumnKind.String, ColumnKind.Boolean, ColumnKind.Empty);

    public static readonly Gen<FieldType> FieldType = Gen.Enum<FieldType>();

    public static Gen<T?> Maybe<T>(Gen<T> gen)
        where T : struct => Gen.Frequency((1, Gen.Const((T?)null)), (2, gen.Select(value => (T?)value)));

    public static Gen<T?> MaybeNull<T>(Gen<T> gen)
        where T : class => Gen.Frequency((1, Gen.Const((T?)null)), (2, gen.Select(value => (T?)value)));

    /// <summary>A column of a kind, of so many rows, some or all of them null.</summary>
    public static Gen<Column> Column(ColumnKind kind, int rows) => Gen.Select(
        Gen.OneOf(0, 0, 30, 100), Gen.Int[0, 99].Array[rows], Number.Array[rows], Text.Array[rows], Gen.Bool.Array[rows],
        (nullPercent, dice, numbers, texts, booleans) =>
        {
            var column = new Column();
            column.Become(kind);
            for (var row = 0; row < rows; row++)
            {
                if (kind == ColumnKind.Empty || dice[row] < nullPercent)
                    column.AddNull();
                else
                    Assert.True(kind switch
                    {
                        ColumnKind.Number => column.TryAdd(numbers[row]),
                        ColumnKind.String => column.TryAdd(texts[row]),
                        _ => column.TryAdd(booleans[row]),
                    });
            }

            return column;
        });

    /// <summary>Up to four columns of equal length.</summary>
    public static readonly Gen<Column[]> Columns = Gen.Select(Gen.Int[0, 6], Kind.Array[0, 4]).SelectMany((rows, kinds) => All(kinds, rows));

    private static Gen<Column[]> All(ColumnKind[] kinds, int rows) =>
        kinds.Aggregate(Gen.Const(Array.Empty<Column>()), (all, kind) => Gen.Select(all, Column(kind, rows), (before, column) => before.Append(column).ToArray()));
}
