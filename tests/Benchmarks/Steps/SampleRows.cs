using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Benchmarks.Steps;

/// <summary>Rows of a time and a number, as a sensor sends them.</summary>
internal static class SampleRows
{
    private const double FirstTime = 1_795_000_000_000;

    public static readonly Schema Schema = new([new Field("time", FieldType.Time), new Field("value", FieldType.Number)]);

    public static Column[] Columns(int count) =>
    [
        new(Enumerable.Range(0, count).Select(static row => FirstTime + (100 * row)).ToArray()),
        new(Enumerable.Range(0, count).Select(static row => Math.Round(20 + (5 * Math.Sin(row / 10.0)), 2)).ToArray()),
    ];

    /// <summary>A block for a channel that has this schema.</summary>
    public static Block Block(string channel, int count, Schema on) => new()
    {
        Channel = ChannelId.Parse(channel),
        BaseHash = on.Hash,
        Schema = Schema,
        Columns = Columns(count),
        Count = count,
        Bytes = 16 * count,
    };
}
