using static HubServer.Protocol.Tests.Values;

namespace HubServer.Protocol.Tests;

/// <summary>The golden vectors of items: every key of an item and a frame, and every value that is easy to get wrong.</summary>
internal static class ItemVectors
{
    private static readonly ServerInfo Server = new("0.1.0", "node-1", Time + 0.25);

    public static readonly VectorCase[] Items =
    [
        Case("first item: server, snapshot with schema, units and capacity", new ItemHead(ItemState.Loading, Server: Server),
            Frame(FrameKind.Snapshot, 100, [Numbers(Time, Time + 1_000), Numbers(1.5, null)], schema: CpuSchema)),
        Case("past in parts: all but the last carry more", new ItemHead(ItemState.Loading),
            Frame(FrameKind.Snapshot, 0, [Numbers(Time), Numbers(1)], more: true, schema: CpuSchema),
            Frame(FrameKind.Delta, 1, [Numbers(Time + 1), Numbers(2)], more: true),
            Frame(FrameKind.Delta, 2, [Numbers(Time + 2), Numbers(3)])),
        Case("past complete: nothing new", new ItemHead(ItemState.Streaming)),
        Case("delta of two targets", new ItemHead(ItemState.Streaming),
            Frame(FrameKind.Delta, 102, [Numbers(Time + 2_000), Numbers(2)]),
            Frame(FrameKind.Delta, 7, [Numbers(Time + 2_000.5), Numbers(-2)], refId: "B", channel: "mem", epoch: "e")),
        Case("gap: lapped", new ItemHead(ItemState.Streaming),
            Frame(FrameKind.Delta, 200, [Numbers(Time), Numbers(1)], gap: new Gap(Epoch, 103, 199, GapReason.Lapped))),
        Case("gap: rollback into a new epoch", new ItemHead(ItemState.Streaming),
            Frame(FrameKind.Delta, 150, [Numbers(Time), Numbers(1)], epoch: "4-1", gap: new Gap(Epoch, 150, 200, GapReason.Rollback))),
        Case("gap: reset, its end unknown", new ItemHead(ItemState.Streaming),
            Frame(FrameKind.Snapshot, 0, [Numbers(Time), Numbers(1)], epoch: "5-0", gap: new Gap(Epoch, 201, null, GapReason.Reset), schema: CpuSchema)),
        Case("sampled past: more rows accounted for than sent", new ItemHead(ItemState.Loading),
            Frame(FrameKind.Snapshot, 0, [Numbers(Time, Time + 9), Numbers(-1, 1)], count: 10_000, sampled: "minmax")),
        Case("sampled stream: the newest row of a tick", new ItemHead(ItemState.Streaming),
            Frame(FrameKind.Delta, 10_000, [Numbers(Time), Numbers(1)], count: 5, sampled: "last")),
        Case("removed", new ItemHead(ItemState.Streaming), Frame(FrameKind.Removed, 10_005, [])),
        Case("errors with every key, and stale", new ItemHead(
            ItemState.Streaming,
            [
                new ItemError(ErrorCode.LimitExceeded, "the selector matches 1,001 channels; the limit is 1,000", "B", "cpu", 5_000),
                new ItemError(ErrorCode.Forbidden, "no"),
            ],
            Stale: true)),
        Case("errors cleared, no longer stale", new ItemHead(ItemState.Streaming, [], Stale: false)),
        Case("history is done", new ItemHead(ItemState.Done)),
        Case("every type of field with labels, units and nulls", new ItemHead(ItemState.Loading), EveryType()),
        Case("special numbers", new ItemHead(ItemState.Streaming), SpecialNumbers()),
        Case("columns of only nulls, and of nothing", new ItemHead(ItemState.Streaming),
            Frame(FrameKind.Delta, 1, [Numbers(null, null), Numbers(null, null), Strings(null, null), Booleans(null, null)]),
            Frame(FrameKind.Delta, 3, [Numbers(), Numbers(), Strings(), Booleans()])),
        Case("texts: empty, escaped, beyond ASCII", new ItemHead(ItemState.Streaming), Texts()),
        Case("long columns and large offsets", new ItemHead(ItemState.Streaming),
            Frame(FrameKind.Delta, 1L << 32, [new Column([.. Enumerable.Range(0, 40).Select(row => Time + row)]), Numbers(new double?[40])]),
            Frame(FrameKind.Delta, (1L << 53) - 20, [Strings(new string?[20]), Booleans(new bool?[20])])),
    ];

    private static VectorCase Case(string name, ItemHead head, params Frame[] frames) =>
        VectorCase.Of(name, new Item { Head = head, Frames = frames });

    private static Frame EveryType()
    {
        var fields = new Field[]
        {
            TimeField,
            new("value", FieldType.Number, Labels.From([new("z", "1"), new("a", "x\"y")]), "bytes"),
            new("state", FieldType.String),
            new("on", FieldType.Boolean, Unit: "bool"),
        };
        var data = new[] { Numbers(Time, Time + 1, Time + 2), Numbers(1, null, 3), Strings("idle", null, ""), Booleans(true, null, false) };
        return Frame(FrameKind.Snapshot, 0, data, channel: "machine", schema: new FrameSchema("A", "machine", new Schema(fields)));
    }

    private static Frame SpecialNumbers()
    {
        var numbers = Numbers(
            double.NaN, double.PositiveInfinity, double.NegativeInfinity, null, -0d, 0, 0.1, -1.5, 1L << 53, (1L << 53) + 2, 1e21, 1e-7,
            double.MaxValue, double.MinValue, double.Epsilon);
        // A NaN of either sign and with any payload but null's, even one bit away from it, is NaN.
        var nans = FromBits(
            0x7FF8000000000000, unchecked((long)0xFFF8000000000000), 0x7FF80000000007A2, 0x7FF80000000007A3, unchecked((long)0xFFF80000000007A2),
            0x7FF00000000007A2, 0x7FF0000000000000, 0, 0, 0, 0, 0, 0, 0, 0);
        var times = new Column([.. Enumerable.Range(0, 15).Select(row => Time + (row * 0.25))]);
        return Frame(FrameKind.Delta, 0, [times, numbers, nans, Strings(new string?[15])]);
    }

    private static Frame Texts() => Frame(
        FrameKind.Delta, 0,
        [Numbers(Time, Time, Time, Time), Strings("", "\"\\/\n\t\u0001", "grüße 中文 😀 \u2028", "<b>&'+</b>")],
        refId: "", channel: "plant/halle ü{q=\"a\\\"b\\\\c\\nd\"}");

    private static Frame Frame(
        FrameKind kind, long offset, Column[] data, int? count = null, string refId = "A", string channel = Cpu, string epoch = Epoch,
        Gap? gap = null, string? sampled = null, bool more = false, FrameSchema? schema = null) => new()
        {
            RefId = refId,
            Channel = channel,
            Kind = kind,
            Epoch = epoch,
            Offset = offset,
            Count = count ?? (data.Length == 0 ? 0 : data[0].Count),
            Gap = gap,
            Sampled = sampled,
            More = more,
            Schema = schema,
            Data = data,
        };
}
