namespace HubServer.Protocol.Tests;

/// <summary>Columns and schemas that the golden vectors share.</summary>
internal static class Values
{
    public const string Cpu = "cpu{core=\"0\",host=\"a\"}";
    public const string Epoch = "3-17";
    public const double Time = 1_700_000_000_000;

    public static readonly Field TimeField = new("time", FieldType.Time);

    public static readonly FrameSchema CpuSchema = new("A", Cpu, new Schema([TimeField, new Field("user", FieldType.Number, Unit: "percent")]), 1_000);

    /// <summary>A column of numbers; null is null.</summary>
    public static Column Numbers(params double?[] numbers) => new([.. numbers.Select(number => number ?? Column.NullNumber)]);

    public static Column Strings(params string?[] strings) => new(strings);

    /// <summary>A column of booleans; null is null.</summary>
    public static Column Booleans(params bool?[] booleans) =>
        new([.. booleans.Select(value => value is null ? Column.NullBoolean : value.Value ? (byte)1 : (byte)0)]);

    public static Column FromBits(params long[] bits) => new([.. bits.Select(BitConverter.Int64BitsToDouble)]);
}
