using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Queries;

/// <summary>A client that was away gets what it missed, and is told what it cannot get.</summary>
public sealed class ResumeTests
{
    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Resume_WhenRowsWereMissed_SendsOnlyThose(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 0, count: 5);
        var held = await HoldAsync(server, format);

        await server.PublishAsync("cpu", first: 5, count: 3);
        await using var query = await ResumeAsync(server, format, held.Epoch, held.Next - 1);

        var frame = Assert.Single(query.Items.SelectMany(item => item.Frames));
        Assert.Equal((FrameKind.Delta, 5, 3, held.Epoch), (frame.Kind, frame.Offset, frame.Count, frame.Epoch));
        Assert.Null(frame.Gap);
        Assert.Equal([5.0, 6.0, 7.0], query.Held("cpu").Numbers());

        await server.PublishAsync("cpu", first: 8);
        await query.EventuallyAsync(() => query.Held("cpu").Next == 9, "the live row follows");
    }

    [Fact]
    public async Task Resume_WhenNothingWasMissed_SendsNoRows()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 0, count: 5);
        var held = await HoldAsync(server, WireFormat.Json);

        await using var query = await ResumeAsync(server, WireFormat.Json, held.Epoch, held.Next - 1);

        Assert.Empty(query.Held("cpu").Numbers());
        Assert.Equal(0, query.Held("cpu").Snapshots);
        await server.PublishAsync("cpu", first: 5);
        await query.EventuallyAsync(() => query.Held("cpu").Next == 6, "the live row follows");
        Assert.Equal([5.0], query.Held("cpu").Numbers());
    }

    [Fact]
    public async Task Resume_WhenNoRowIsHeld_SendsAllAsADelta()
    {
        await using var server = await ServerFixture.StartAsync();
        var published = await server.PublishAsync("cpu", first: 0, count: 5);

        await using var query = await ResumeAsync(server, WireFormat.Json, published.Epoch, -1);

        Assert.Equal(0, query.Held("cpu").Snapshots);
        Assert.Empty(query.Held("cpu").Gaps);
        Assert.Equal([0.0, 1.0, 2.0, 3.0, 4.0], query.Held("cpu").Numbers());
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Resume_WhenTheRingWentRound_SendsADeltaWithAGap(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10"));
        await server.PublishAsync("cpu", first: 0, count: 5);
        var held = await HoldAsync(server, format);

        await server.PublishAsync("cpu", first: 5, count: 20);
        await using var query = await ResumeAsync(server, format, held.Epoch, held.Next - 1);

        Assert.Equal(0, query.Held("cpu").Snapshots);
        Assert.Equal(new Gap(held.Epoch, 5, 14, GapReason.Lapped), Assert.Single(query.Held("cpu").Gaps));
        Assert.Equal(Enumerable.Range(15, 10).Select(i => (double)i), query.Held("cpu").Numbers());
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Resume_WhenTheEpochIsUnknown_SendsASnapshotWithAResetGap(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 0, count: 5);

        await using var query = await ResumeAsync(server, format, "of-another-life", 99);

        Assert.Equal(1, query.Held("cpu").Snapshots);
        var gap = Assert.Single(query.Held("cpu").Gaps);
        Assert.Equal((GapReason.Reset, "of-another-life"), (gap.Reason, gap.Epoch));
        Assert.Equal([0.0, 1.0, 2.0, 3.0, 4.0], query.Held("cpu").Numbers());
    }

    [Fact]
    public async Task Resume_WhenMoreIsHeldThanThereIs_SaysWhatWasRolledBack()
    {
        await using var server = await ServerFixture.StartAsync();
        var published = await server.PublishAsync("cpu", first: 0, count: 5);

        await using var query = await ResumeAsync(server, WireFormat.Json, published.Epoch, 9);

        Assert.Equal(new Gap(published.Epoch, 5, 9, GapReason.Rollback), Assert.Single(query.Held("cpu").Gaps));
    }

    [Fact]
    public async Task Resume_WhenTheServerWasRestarted_SendsASnapshotWithAResetGap()
    {
        PublishResult published;
        await using (var before = await ServerFixture.StartAsync())
            published = await before.PublishAsync("cpu", first: 0, count: 5);

        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 100);
        await using var query = await ResumeAsync(server, WireFormat.Json, published.Epoch, 4);

        Assert.Equal(GapReason.Reset, Assert.Single(query.Held("cpu").Gaps).Reason);
        Assert.Equal([100.0], query.Held("cpu").Numbers());
    }

    private static async Task<HeldChannel> HoldAsync(ServerFixture server, WireFormat format)
    {
        await using var connection = await server.ConnectAsync(Wire.Of(format));
        await using var query = await RunningQuery.StreamingAsync(connection, "cpu");
        return query.Held("cpu");
    }

    private static async Task<RunningQuery> ResumeAsync(ServerFixture server, WireFormat format, string epoch, long offset) =>
        await RunningQuery.StreamingAsync(await server.ConnectAsync(Wire.Of(format)), new
        {
            version = 1,
            targets = new[] { new { channel = "cpu" } },
            intervalMs = 0,
            resume = new[] { new { channel = "cpu", epoch, offset } },
        });
}
