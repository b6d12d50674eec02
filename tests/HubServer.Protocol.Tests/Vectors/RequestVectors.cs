using static HubServer.Protocol.Tests.Values;
using Batch = HubServer.Protocol.PublishBatch;

namespace HubServer.Protocol.Tests;

/// <summary>The golden vectors of everything but items.</summary>
internal static class RequestVectors
{
    private static readonly Rows OneRow = new([new RowField("time"), new RowField("user")], [Numbers(Time), Numbers(1.5)]);

    public static readonly VectorCase[] Rows =
    [
        VectorCase.Of("the shortest", OneRow),
        VectorCase.Of("every type, labels and units", new Rows(
            [
                new RowField("time", FieldType.Time),
                new RowField("user", FieldType.Number, Labels.From([new("mode", "x")]), "percent"),
                new RowField("state", FieldType.String),
                new RowField("on", FieldType.Boolean),
            ],
            [Numbers(Time, Time + 0.25), Numbers(1.5, null), Strings("ü", null), Booleans(false, null)])),
        VectorCase.Of("NaN, infinities and null", new Rows(
            [new RowField("a"), new RowField("b"), new RowField("c")],
            [
                Numbers(double.NaN, null, double.PositiveInfinity, double.NegativeInfinity, double.NaN),
                Numbers(1, 2, 3, 4, 5),
                Numbers(null, null, null, double.NegativeInfinity, -0d),
            ])),
        VectorCase.Of("nothing", new Rows([], [])),
        VectorCase.Of("no rows, and nulls of no kind", new Rows([new RowField("a")], [Column.Nulls(ColumnKind.Empty, 0)])),
        VectorCase.Of("a column of only nulls whose kind is unknown", new Rows([new RowField("a")], [Column.Nulls(ColumnKind.Empty, 2)])),
    ];

    public static readonly VectorCase[] Queries =
    [
        VectorCase.Of("the shortest", new QueryRequest { Targets = [new Target { Channel = "cpu" }] }),
        VectorCase.Of("every key", new QueryRequest
        {
            Targets =
            [
                new Target { RefId = "A", Channel = "plant/*{host=\"a\",core=~\"[0-3]\"}", Fields = ["user", "ü"], Rows = 500, Sample = SampleMode.MinMax },
                new Target { RefId = "B", Id = Cpu, Fields = [], Rows = 0, Sample = SampleMode.Last },
            ],
            IntervalMs = 1_000,
            LastMs = 300_000,
            Range = new TimeRange(Time, Time + 0.5),
            MaxDataPoints = 10_000,
            Resume = [new Resume(Cpu, Epoch, 101, "B"), new Resume("mem", "e", -1)],
        }),
        VectorCase.Of("a range without its end, each change at once", new QueryRequest
        {
            Targets = [new Target { Channel = "{__name__=~\"cpu|mem\"}" }], IntervalMs = 0, Range = new TimeRange(Time, null),
        }),
        VectorCase.Of("an empty range and no targets", new QueryRequest { Targets = [], Range = new TimeRange(null, null) }),
    ];

    public static readonly VectorCase[] Publishes =
    [
        VectorCase.Of("the shortest", new PublishRequest { Batches = [new Batch("cpu", OneRow)] }),
        VectorCase.Of("every key", new PublishRequest
        {
            Batches =
            [
                new Batch(Cpu, OneRow),
                new Batch("plant/halle ü", new Rows([new RowField("state")], [Strings("on", "off")])),
            ],
            Level = PublishLevel.Replicated,
            PublisherId = "sensor-7",
            Sequence = 1L << 40,
        }),
        VectorCase.Of("no batches", new PublishRequest { Batches = [] }),
    ];

    public static readonly VectorCase[] PublishResults =
    [
        VectorCase.Of("all rows taken", new PublishResult(Cpu, Epoch, 102, 2)),
        VectorCase.Of("nothing taken", new PublishResult(
            "cpu", "", -1, 0, new ItemError(ErrorCode.BadRequest, "values[1] ('user') holds string values; its type is number", Channel: "cpu"))),
        VectorCase.Of("some rows taken", new PublishResult(
            "cpu", Epoch, 5_000, 1_000, new ItemError(ErrorCode.Overloaded, "the queue is full", RetryMs: 100))),
    ];

    public static readonly VectorCase[] ListRequests =
    [
        VectorCase.Of("the shortest", new ListRequest()),
        VectorCase.Of("every key", new ListRequest { Selector = "cpu{host=~\"a|b\"}", Limit = 10, After = Cpu }),
    ];

    public static readonly VectorCase[] ChannelSettings =
    [
        VectorCase.Of("nothing", new ChannelSettings()),
        VectorCase.Of("every key", new ChannelSettings
        {
            Fields = [new RowField("user", FieldType.Number, Labels.From([new("mode", "x")]), "percent"), new RowField("note")],
            Capacity = 5_000,
            CapacityMs = 600_000,
            RetentionMs = 86_400_000,
        }),
    ];

    public static readonly VectorCase[] ChannelLists =
    [
        VectorCase.Of("nothing", new ChannelList([], false)),
        VectorCase.Of("a channel with rows and one without", new ChannelList(
            [
                new ChannelInfo(ChannelId.Parse(Cpu), CpuSchema with { RefId = null }, Epoch, 1_101, 1_000, 20.5, Time + 0.25),
                new ChannelInfo(ChannelId.Parse("mem"), new FrameSchema(null, "mem", Schema.Empty, 1_000_000, 600_000), "0-1", -1, 0, 0, null),
            ],
            true)),
    ];
}
