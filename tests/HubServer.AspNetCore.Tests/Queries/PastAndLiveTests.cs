using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Queries;

/// <summary>What a chart is drawn from: circular channels, partial rows, several targets, and the past before what is new.</summary>
public sealed class PastAndLiveTests
{
    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenMoreRowsCameThanTheCapacity_SendsTheNewestOnes(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10"));
        await server.PublishAsync("cpu", first: 0, count: 25);
        await server.PublishAsync("cpu", first: 25);
        var connection = await server.ConnectAsync(Wire.Of(format));

        await using var query = await RunningQuery.StreamingAsync(connection, "cpu");

        Assert.Equal(Enumerable.Range(16, 10).Select(i => (double)i), query.Held("cpu").Numbers());
        Assert.Equal(26, query.Held("cpu").Next);
        Assert.Equal(10, query.Items[0].Frames[0].Schema?.Capacity);
        Assert.Empty(query.Held("cpu").Gaps);
    }

    [Fact]
    public async Task Query_WhenTheRingIsFull_LosesTheOldestRowFirst()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "3"));
        var connection = await server.ConnectAsync(Wire.Json);
        foreach (var (count, kept) in new[] { (1, "0"), (2, "0 1"), (3, "0 1 2"), (4, "1 2 3"), (5, "2 3 4") })
        {
            await server.PublishAsync("cpu", first: count - 1);
            await using var query = await RunningQuery.StreamingAsync(connection, "cpu");
            Assert.Equal(kept, string.Join(' ', query.Held("cpu").Numbers()));
        }
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenRowsArePartial_HoldsNullForWhatIsMissing(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync();
        var connection = await server.ConnectAsync(Wire.Of(format));
        await PostRowAsync(server, """{"time":1,"user":1.5,"host":"a"}""");
        await using var early = await RunningQuery.StreamingAsync(connection, "cpu");

        await PostRowAsync(server, """{"time":2,"user":2.5}""");
        await PostRowAsync(server, """{"time":3,"host":"b","idle":true}""");
        await PostRowAsync(server, """{"time":4,"user":null,"host":null,"idle":null}""");
        await early.EventuallyAsync(() => early.Held("cpu").Next == 4, "four rows arrive");
        await using var late = await RunningQuery.StreamingAsync(connection, "cpu");

        foreach (var held in new[] { early.Held("cpu"), late.Held("cpu") })
        {
            Assert.Equal(["time", "user", "host", "idle"], held.FieldNames);
            Assert.Equal([1.0, 2.0, 3.0, 4.0], held.Numbers("time"));
            Assert.Equal([1.5, 2.5, null, null], held.Values("user"));
            Assert.Equal(["a", null, "b", null], held.Values("host"));
            Assert.Equal([null, null, true, null], held.Values("idle"));
        }
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenItHasSeveralTargets_MergesThemByRefId(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu{host=\"a\"}", first: 1);
        await server.PublishAsync("cpu{host=\"b\"}", first: 2);
        var connection = await server.ConnectAsync(Wire.Of(format));

        await using var query = await RunningQuery.StreamingAsync(connection, new
        {
            version = 1,
            targets = new object[]
            {
                new { refId = "A", channel = "cpu{host=\"a\"}" },
                new { refId = "B", channel = "cpu", fields = new[] { "value" } },
                new { refId = "C", id = "mem" },
            },
            intervalMs = 20,
        });
        Assert.Equal(["A cpu{host=\"a\"}", "B cpu{host=\"a\"}", "B cpu{host=\"b\"}"], query.Channels());

        await server.PublishAsync("cpu{host=\"a\"}", first: 3);
        await server.PublishAsync("mem", first: 4);
        await query.EventuallyAsync(() => query.Held("mem", "C").Next == 1 && query.Held("cpu{host=\"a\"}", "B").Next == 2, "the new rows and the new channel arrive");

        Assert.Equal([1.0, 3.0], query.Held("cpu{host=\"a\"}").Numbers());
        Assert.Equal([1.0, 3.0], query.Held("cpu{host=\"a\"}", "B").Numbers());
        Assert.Equal([2.0], query.Held("cpu{host=\"b\"}", "B").Numbers());
        Assert.Equal([4.0], query.Held("mem", "C").Numbers());
        Assert.Equal(1, server.Node.Status().Queries);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenRowsComeMeanwhile_HasNoHoleAndNoDuplicate(WireFormat format)
    {
        const int Rows = 2_000;
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10000"));
        await server.PublishAsync("cpu", first: 0, count: 100);
        var connection = await server.ConnectAsync(Wire.Of(format));

        var publishing = Task.Run(async () =>
        {
            for (var i = 100; i < Rows; i++)
                await server.PublishAsync("cpu", first: i);
        });
        var queries = new List<RunningQuery>();
        for (var i = 0; i < 20; i++)
            queries.Add(await RunningQuery.StreamingAsync(connection, "cpu"));
        await publishing;

        foreach (var query in queries)
        {
            await query.EventuallyAsync(() => query.Held("cpu").Next == Rows, "the last row arrives");
            Assert.Equal(Enumerable.Range(0, Rows).Select(i => (double)i), query.Held("cpu").Numbers());
            Assert.Equal(1, query.Held("cpu").Snapshots);
            Assert.Empty(query.Held("cpu").Gaps);
            AssertOrder(query.Items);
            await query.DisposeAsync();
        }
    }

    [Fact]
    public async Task Query_WhenThePastIsLong_SendsPartsThatEndWithTheLast()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "20000"));
        await server.PublishAsync("cpu", first: 0, count: 20_000);
        var connection = await server.ConnectAsync(Wire.MessagePack);

        await using var query = await RunningQuery.StreamingAsync(connection, "cpu");

        var parts = query.Items.SelectMany(item => item.Frames).ToList();
        Assert.True(parts.Count > 5, $"{parts.Count} parts");
        Assert.Equal(FrameKind.Snapshot, parts[0].Kind);
        Assert.All(parts.Skip(1), part => Assert.Equal(FrameKind.Delta, part.Kind));
        Assert.Equal([.. Enumerable.Repeat(true, parts.Count - 1), false], parts.Select(part => part.More));
        Assert.Equal(20_000, query.Held("cpu").Numbers().Count);
    }

    [Theory]
    [InlineData("{\"version\":1,\"targets\":[{\"channel\":\"cpu\",\"rows\":2}]}", "8 9")]
    [InlineData("{\"version\":1,\"targets\":[{\"channel\":\"cpu\",\"rows\":0}]}", "")]
    [InlineData("{\"version\":1,\"targets\":[{\"channel\":\"cpu\"}],\"range\":{\"from\":7}}", "7 8 9")]
    [InlineData("{\"version\":1,\"targets\":[{\"channel\":\"cpu\"}],\"lastMs\":60000}", "")]
    public async Task Query_WhenThePastIsShaped_SendsThatPartOnly(string request, string expected)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 0, count: 10);
        var connection = await server.ConnectAsync(Wire.Json);

        await using var query = await RunningQuery.StreamingAsync(connection, System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(request));
        Assert.Equal(expected, string.Join(' ', query.Held("cpu").Numbers()));

        await server.PublishAsync("cpu", first: 10);
        await query.EventuallyAsync(() => query.Held("cpu").Next == 11, "the live row arrives");
        Assert.Equal(10.0, query.Held("cpu").Numbers()[^1]);
    }

    [Theory]
    [MemberData(nameof(Wire.Formats), MemberType = typeof(Wire))]
    public async Task Query_WhenTheRangeHasAnEnd_EndsWithDone(WireFormat format)
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("cpu", first: 0, count: 10);
        var connection = await server.ConnectAsync(Wire.Of(format));

        await using var query = RunningQuery.Start(connection, new { version = 1, targets = new[] { new { channel = "cpu" } }, range = new { from = 3, to = 5 } });

        Assert.Null(await query.EndedAsync());
        Assert.Equal([3.0, 4.0, 5.0], query.Held("cpu").Numbers());
        Assert.Equal(ItemState.Done, query.Items[^1].Head.State);
        Assert.DoesNotContain(query.Items, item => item.Head.State == ItemState.Streaming);
        await server.EventuallyIdleAsync("history lets go of everything when it ends");
    }

    private static async Task PostRowAsync(ServerFixture server, string row)
    {
        using var response = await server.PostAsync("/api/channels/cpu/rows", row);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    // Loading, then Streaming; the server says who it is once, at the start; the snapshot comes before every delta.
    private static void AssertOrder(IReadOnlyList<Item> items)
    {
        Assert.NotNull(items[0].Head.Server);
        Assert.All(items.Skip(1), item => Assert.Null(item.Head.Server));
        Assert.All(items.SkipWhile(item => item.Head.State == ItemState.Loading), item => Assert.Equal(ItemState.Streaming, item.Head.State));
        Assert.Equal(ItemState.Loading, items[0].Head.State);
        Assert.Equal(FrameKind.Snapshot, items.SelectMany(item => item.Frames).First().Kind);
    }
}
