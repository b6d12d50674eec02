namespace HubServer.LoadTest.Fanout;

/// <summary>The loads, by name.</summary>
internal static class Loads
{
    // Ticks that come a little less often than items move through the interval within a turn. Were both alike, a turn's
    // rows would all wait as long for their item, and its latencies would be a matter of luck.
    private const double TenASecond = 101;
    private const double FiftyASecond = 20.2;

    public static IReadOnlyList<FanoutLoad> All { get; } =
    [
        new("dashboard", Channels: 20, IntervalMs: 100,
        [
            new("250 viewers", 250, PublishForm.RowByRow, TenASecond),
            new("500 viewers", 500, PublishForm.RowByRow, TenASecond),
            new("1000 viewers", 1_000, PublishForm.RowByRow, TenASecond),
            new("500 viewers, posts", 500, PublishForm.Posts, TenASecond),
            new("500 viewers, rows of a tick at once", 500, PublishForm.AtOnce, TenASecond),
        ])
        { Slope = ("250 viewers", "1000 viewers") },
        new("distinct", Channels: 20, IntervalMs: 100,
        [
            new("250 same", 250, PublishForm.AtOnce, TenASecond),
            new("250 different", 250, PublishForm.AtOnce, TenASecond) { Variety = Variety.Different },
        ])
        { Systems = ["hubserver"] },
        new("single", Channels: 1, IntervalMs: 0,
        [
            new("40 rows/s", 500, PublishForm.AtOnce, PeriodMs: 25),
            new("100 rows/s", 500, PublishForm.AtOnce, PeriodMs: 10),
        ]),
        new("quiet", Channels: 1, IntervalMs: 0, [new("one row, one viewer", 1, PublishForm.AtOnce, PeriodMs: 200) { Longer = 5 }]),
        new("join", Channels: 20, IntervalMs: 100, [new("500 viewers at once", 500, PublishForm.AtOnce, TenASecond)])
        { Kind = TurnKind.Join, PastRows = 1_000, Systems = ["hubserver", "nchan"] },
        new("idle", Channels: 20, IntervalMs: 100, [new("10000 held", 10_000, PublishForm.AtOnce, TenASecond)])
        { Kind = TurnKind.Idle },
        new("wide", Channels: 20, IntervalMs: 1_000,
        [
            new("100 viewers", 100, PublishForm.AtOnce, PeriodMs: 1_000),
            new("1000 viewers", 1_000, PublishForm.AtOnce, PeriodMs: 1_000),
            new("10000 viewers", 10_000, PublishForm.AtOnce, PeriodMs: 1_000),
        ])
        { Systems = ["hubserver"] },
        new("slow", Channels: 20, IntervalMs: 100,
        [
            // More rows than elsewhere, so that the kernel's buffers are full while it is measured.
            new("98 viewers", 98, PublishForm.AtOnce, FiftyASecond) { Longer = 3 },
            new("98 and 2 slow", 98, PublishForm.AtOnce, FiftyASecond) { SlowViewers = 2, Longer = 3 },
        ])
        { Systems = ["hubserver", "signalr groups"] },
        new("posts", Channels: 20, IntervalMs: 100, [new("200 posts/s, one viewer", 1, PublishForm.Posts, TenASecond)]),
        new("steady", Channels: 20, IntervalMs: 100,
        [
            new("250 viewers", 250, PublishForm.AtOnce, TenASecond) { Longer = 8 },
            new("1000 viewers", 1_000, PublishForm.AtOnce, TenASecond) { Longer = 8 },
        ])
        { Systems = ["hubserver"] },
    ];
}
