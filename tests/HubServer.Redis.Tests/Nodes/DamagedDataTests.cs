using System.Buffers;
using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using MessagePack;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>What somebody else wrote into Redis, or what broke there: nothing stops for it, and what it takes away is announced.</summary>
public sealed class DamagedDataTests(RedisFixture.Shared shared) : RedisFixture(shared)
{
    [Theory]
    [InlineData("a flipped byte of the rows")]
    [InlineData("a head that is garbage")]
    [InlineData("a head that names other rows")]
    [InlineData("no head")]
    public async Task LogEntry_ThatIsDamaged_IsAnnouncedAsAGap(string damage)
    {
        var (link, a, b, chart) = await StartChartBehindALinkAsync();
        var lost = Task.WhenAll(link.DropNextMessage(Key("m")), link.DropNextMessage(Key("m")));
        await a.PublishAsync("x", 1);
        await a.PublishAsync("x", 2);
        await lost;
        await DamageAsync(entry: 1, damage);

        await a.PublishAsync("x", 3);

        await chart.ShowsAsync("x", 0, 2, 3);
        Assert.Equal([new Gap(b.Channel("x").Epoch, 1, 1, GapReason.Lapped)], chart.Gaps);
        Assert.True(b.Count(BackplaneEvent.Damaged) > 0);
        Assert.Equal(4, (await b.PublishAsync("x", 4)).Offset);
        await chart.ShowsAsync("x", 0, 2, 3, 4);
    }

    [Fact]
    public async Task LogEntry_ThatIsDamaged_LeavesTheRowsBehindItToANewReader()
    {
        var a = await StartNodeAsync();
        for (var i = 0; i < 4; i++)
            await a.PublishAsync("x", i);
        await DamageAsync(entry: 1, "a flipped byte of the rows");
        var b = await StartNodeAsync();

        Assert.Equal([2, 3], await b.SnapshotAsync("x"));
        Assert.True(b.Count(BackplaneEvent.Damaged) > 0);
    }

    [Fact]
    public async Task JunkInTheDirectory_IsNoChannelAndStopsNone()
    {
        var a = await StartNodeAsync();
        await a.PublishAsync("x", 1);
        var record = (byte[])(await Redis.HashGetAsync(Key("d"), "x"))!;
        await Redis.HashSetAsync(Key("d"), "junk", new byte[] { 0xC1, 0x00, 0xFF });
        await Redis.HashSetAsync(Key("d"), "huge", new byte[] { 0xDD, 0xFF, 0xFF, 0xFF, 0xFF });
        await Redis.HashSetAsync(Key("d"), "number", new byte[] { 0x05 });
        await Redis.HashSetAsync(Key("d"), "cpu{", record);

        var b = await StartNodeAsync();

        Assert.Equal(["x"], b.Node.List(new ListRequest()).Channels.Select(channel => channel.Id.Text));
        Assert.True(b.Count(BackplaneEvent.Damaged) > 0);
        Assert.Equal(1, (await b.PublishAsync("x", 2)).Offset);
        foreach (var id in new[] { "junk", "huge", "number" })
            Assert.Equal(0, (await b.PublishAsync(id, 1)).Offset);
        await Wait.Eventually(() => a.Has("number", 1) && a.Has("x", 2), "the other node has what was published");
    }

    [Theory]
    [InlineData("C1")]
    [InlineData("98A161A161A161A161A161A161A161A161")]
    public async Task JunkInThePlaceOfAChannel_BeginsTheChannelAnew(string bytes)
    {
        var a = await StartNodeAsync();
        var before = await a.PublishAsync("x", 1, 2);
        var chart = await OpenChartAsync(a, "x");
        await Redis.HashSetAsync(Key("d"), "x", Convert.FromHexString(bytes));

        var after = await a.PublishAsync("x", 3);

        Assert.NotEqual(before.Epoch, after.Epoch);
        await chart.ShowsAsync("x", 3);
        Assert.Equal([3], await (await StartNodeAsync()).SnapshotAsync("x"));
    }

    [Theory]
    [InlineData("C1")]
    [InlineData("93A178A179A17A")]
    public async Task JunkInThePlaceOfThePartition_BeginsAnotherGenerationWithoutLoss(string bytes)
    {
        var a = await StartNodeAsync();
        var b = await StartNodeAsync();
        var before = await a.PublishAsync("x", 1);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        await Redis.HashSetAsync(Key("d"), "", Convert.FromHexString(bytes));

        var after = await a.PublishAsync("x", 2);

        Assert.Equal(1, after.Offset);
        Assert.NotEqual(Epoch.GenerationOf(before.Epoch), Epoch.GenerationOf(after.Epoch));
        await chart.ShowsAsync("x", 1, 2);
        Assert.Empty(chart.Gaps);
    }

    [Theory]
    [InlineData("s")]
    [InlineData("c:x")]
    [InlineData("d")]
    public async Task KeyOfAnotherType_KeepsNoNodeFromStarting(string key)
    {
        var a = await StartNodeAsync();
        await a.PublishAsync("x", 1);
        var chart = await OpenChartAsync(a, "x");
        await Redis.KeyDeleteAsync(Key(key));
        await Redis.ListLeftPushAsync(Key(key), "junk");

        var b = await StartNodeAsync();

        Assert.Null((await b.TryPublishAsync("x", 2)).Error);
        await Wait.Eventually(() => chart.Values("x") is [.., 2], "the rows are everywhere");
        Assert.True(a.Status.IsReady, a.Status.Problem);
    }

    [Fact]
    public async Task StreamsOfAnotherType_KeepNoNodeFromANewGeneration()
    {
        var a = await StartNodeAsync();
        var b = await StartNodeAsync();
        await a.PublishAsync("x", 1);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        await Redis.KeyDeleteAsync(Key("c:x"));
        await Redis.ListLeftPushAsync(Key("c:x"), "junk");
        await Redis.HashSetAsync(Key("d"), "", "junk");

        await a.PublishAsync("x", 2);

        await chart.ShowsAsync("x", 1, 2);
        await b.ReadyAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("C1")]
    [InlineData("6A756E6B")]
    [InlineData("9302A0")]
    [InlineData("9202C0")]
    [InlineData("9302CB0000000000000000")]
    [InlineData("9601A16701C0C0DDFFFFFFFF")]
    [InlineData("DDFFFFFFFF01DBFFFFFFFF")]
    public async Task JunkMessage_IsCountedAndStopsNothing(string bytes)
    {
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(clock: new FakeTimeProvider());
        await a.PublishAsync("x", 1);
        await Wait.Eventually(() => b.Has("x", 1), "both nodes have the channel");
        var chart = await OpenChartAsync(b, "x");
        var repaired = b.Count(BackplaneEvent.GapRepaired);

        await Redis.PublishAsync(RedisChannel.Literal(Key("m")), Convert.FromHexString(bytes));

        await Wait.Eventually(() => b.Count(BackplaneEvent.GapRepaired) > repaired, "the node looks at the whole partition");
        Assert.True(b.Count(BackplaneEvent.Damaged) > 0);
        await a.PublishAsync("x", 2);
        await chart.ShowsAsync("x", 1, 2);
        Assert.Empty(chart.Gaps);
        Assert.True(b.Status.IsReady, b.Status.Problem);
    }

    [Fact]
    public async Task Message_WithASchemaThatIsDamaged_StopsNothing()
    {
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        var b = await StartNodeAsync(clock: new FakeTimeProvider());
        var chart = await OpenChartAsync(b, "*");
        var head = PartitionMessage.Read(await NextMessageAsync(() => a.PublishAsync("y", 1)))!;
        await chart.ShowsAsync("y", 1);

        await Redis.PublishAsync(RedisChannel.Literal(Key("m")), MessageWithDamagedSchema(head));

        // The first has the number of the one that was made up, and passes for the same.
        await a.PublishAsync("x", 1);
        await a.PublishAsync("x", 2);
        await chart.ShowsAsync("x", 1, 2);
        Assert.True(b.Status.IsReady, b.Status.Problem);
        Assert.Equal(2, (await b.PublishAsync("x", 3)).Offset);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Schema_ThatRedisLost_IsGivenBackByANodeThatKnowsIt(bool isJunk)
    {
        var a = await StartNodeAsync(clock: new FakeTimeProvider());
        await a.PublishAsync("x", 1, 2);
        var hash = a.Channel("x").ReadHead().Schema.Hash;
        await LoseSchemaAsync(hash, isJunk);
        var repaired = a.Count(BackplaneEvent.GapRepaired);
        await Redis.PublishAsync(RedisChannel.Literal(Key("m")), "junk");
        await Wait.Eventually(() => a.Count(BackplaneEvent.GapRepaired) > repaired, "the node looks at the whole partition");

        var b = await StartNodeAsync();

        Assert.Equal([1, 2], await b.SnapshotAsync("x"));
        Assert.Equal(0, b.Count(BackplaneEvent.Damaged));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Schema_ThatOnlyAnotherNodeKnows_IsAskedForBeforeTheNextRows(bool isJunk)
    {
        var a = await StartNodeAsync();
        var before = await a.PublishAsync("x", 1, 2);
        var hash = a.Channel("x").ReadHead().Schema.Hash;
        var text = await Redis.HashGetAsync(Key("s"), hash);
        await LoseSchemaAsync(hash, isJunk);
        var b = await StartNodeAsync(clock: new FakeTimeProvider());

        var publishing = b.PublishAsync("x", 3);
        await Wait.Eventually(async () => await Redis.HashGetAsync(Key("s"), hash) == text, "the other node gives the fields back");
        await b.UntilAsync(() => publishing.IsCompleted, "the rows are taken");

        var after = await publishing;
        Assert.Equal((before.Epoch, 2L), (after.Epoch, after.Offset));
        Assert.Equal([1, 2, 3], await b.SnapshotAsync("x"));
        Assert.Equal([1, 2, 3], await a.SnapshotAsync("x"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Schema_ThatNobodyKnows_TakesTheRowsWithIt(bool isJunk)
    {
        PublishResult before;
        await using (var a = await RedisNode.StartAsync(Server.Port, Prefix))
        {
            before = await a.PublishAsync("x", 1, 2);
            await LoseSchemaAsync(a.Channel("x").ReadHead().Schema.Hash, isJunk);
        }

        var b = await StartNodeAsync();
        Assert.Equal(1, b.Info("x")!.Offset);
        Assert.Empty(await b.SnapshotAsync("x"));
        Assert.True(b.Count(BackplaneEvent.Damaged) > 0);

        var after = await b.PublishAsync("x", 3);
        Assert.Equal(0, after.Offset);
        Assert.NotEqual(before.Epoch, after.Epoch);
        Assert.Equal([3], await b.SnapshotAsync("x"));
    }

    /// <summary>Writes the channel's log again, with one entry damaged; no entry can be changed where it is.</summary>
    private async Task DamageAsync(int entry, string damage)
    {
        var log = await Redis.StreamRangeAsync(Key("c:x"));
        await Redis.KeyDeleteAsync(Key("c:x"));
        for (var i = 0; i < log.Length; i++)
        {
            var (head, rows) = ((byte[])log[i]["h"]!, (byte[])log[i]["p"]!);
            if (i == entry)
                (head, rows) = Damaged(head, rows, damage);
            await Redis.StreamAddAsync(Key("c:x"), head.Length == 0 ? [new NameValueEntry("p", rows)] : [new NameValueEntry("h", head), new NameValueEntry("p", rows)], log[i].Id);
        }
    }

    private static (byte[] Head, byte[] Rows) Damaged(byte[] head, byte[] rows, string damage)
    {
        switch (damage)
        {
            case "a flipped byte of the rows":
                rows[^1] ^= 1;
                return (head, rows);
            case "a head that is garbage":
                return ([0xDD, 0xFF, 0xFF, 0xFF, 0xFF, 0xC1], rows);
            case "a head that names other rows":
                // [epoch, offset, ...], where the offset of row 1 is a byte of its own.
                head[Array.LastIndexOf(head, (byte)'.') + 2] = 100;
                return (head, rows);
            default:
                return ([], rows);
        }
    }

    private async Task LoseSchemaAsync(string hash, bool isJunk)
    {
        Assert.True(await Redis.HashDeleteAsync(Key("s"), hash));
        if (isJunk)
            await Redis.HashSetAsync(Key("s"), hash, new byte[] { 0xC1, 0xFF });
    }

    private async Task<byte[]> NextMessageAsync(Func<Task> publish)
    {
        var came = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var queue = await Messages.SubscribeAsync(RedisChannel.Literal(Key("m")));
        queue.OnMessage(message => came.TrySetResult((byte[])message.Message!));
        await publish();
        var bytes = await came.Task;
        await queue.UnsubscribeAsync();
        return bytes;
    }

    /// <summary>The message that would come next, with a new channel whose schema cannot be read.</summary>
    private static byte[] MessageWithDamagedSchema(PartitionMessage before)
    {
        var block = before.Blocks[0];
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(6);
        writer.Write(1);
        writer.Write(before.Generation);
        writer.Write(before.Sequence + 1);
        writer.Write("somebody");
        writer.Write(0);
        writer.WriteArrayHeader(1);
        writer.WriteArrayHeader(13);
        writer.Write("a");
        writer.Write("x");
        writer.Write(block.Epoch);
        writer.Write(0);
        writer.Write(1);
        writer.Write(block.SchemaHash);
        writer.Write(1_000);
        writer.Write("");
        writer.Write("");
        writer.Write("");
        writer.Write(0);
        writer.WriteString([0xC1, 0xFF]);
        writer.WriteString([1, 2, 3]);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
