using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using StackExchange.Redis;

namespace HubServer.Redis.Tests.Scripts;

/// <summary>The script against a real Redis: every decision that it takes, one after the other.</summary>
public sealed class PartitionScriptTests : IAsyncLifetime
{
    private const string Prefix = "hs:{p00}:";
    private static readonly Schema Fields = new([new Field("time", FieldType.Time), new Field("v", FieldType.Number)]);

    private RedisServer _server = null!;
    private ConnectionMultiplexer _connection = null!;
    private IDatabase _redis = null!;
    private long _call;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync("enable-debug-command", "local");
        _connection = await _server.ConnectAsync();
        _redis = _connection.GetDatabase();
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Append_GivesPositionsInOrderAndKeepsTheLog()
    {
        var first = await AppendAsync(Block("a", 3), Block("b", 1));
        var second = await AppendAsync(Block("a", 2, Fields));

        Assert.Equal([(OperationStatus.Ok, 0L), (OperationStatus.Ok, 0L)], first.Results.Select(result => (result.Status, result.Offset)));
        Assert.Equal((OperationStatus.Ok, 3L, 5L), (second.Results[0].Status, second.Results[0].Offset, second.Results[0].State!.Next));
        Assert.Equal(first.Results[0].Epoch, second.Results[0].Epoch);
        Assert.Equal((1, 2), (first.Sequence, second.Sequence));
        var log = await _redis.StreamRangeAsync($"{Prefix}c:a");
        Assert.Equal(["3-0", "5-0"], log.Select(entry => entry.Id.ToString()));
        var rows = BlockRows.Decode((byte[])log[1]["p"]!, Fields, 2);
        Assert.Equal([0d, 1d], rows![1].Numbers.ToArray());
    }

    [Fact]
    public async Task Append_OfMoreThanTheCapacity_TrimsTheLog()
    {
        for (var i = 0; i < 300; i++)
            await AppendAsync(Block("a", 1, i == 0 ? Schema.Empty : Fields), capacity: 10);

        // Trimming is approximate: whole nodes of the stream go, a hundred entries by default.
        Assert.InRange(await _redis.StreamLengthAsync($"{Prefix}c:a"), 10, 200);
        Assert.Equal("300-0", (await _redis.StreamRangeAsync($"{Prefix}c:a", count: 1, messageOrder: Order.Descending))[0].Id);
    }

    [Fact]
    public async Task Append_AgainstAStaleSchema_WritesNothingAndGivesTheSchema()
    {
        await AppendAsync(Block("a", 1));
        var stale = (await AppendAsync(Block("a", 1))).Results[0];
        var ahead = (await AppendAsync(Block("new", 1, Fields))).Results[0];

        Assert.Equal((OperationStatus.Stale, Fields.Hash, 1L), (stale.Status, stale.Schema?.Hash, stale.State!.Next));
        Assert.Equal((OperationStatus.Stale, ""), (ahead.Status, ahead.Schema?.Hash));
        Assert.False(await _redis.KeyExistsAsync($"{Prefix}c:new"));
    }

    [Fact]
    public async Task Call_ThatIsSentAgain_GetsItsFirstReplyAndWritesNothing()
    {
        var call = Call(7);
        call.Append(Block("a", 2), "", 100);
        var first = await RunBytesAsync(call);
        var again = await RunBytesAsync(call);
        var earlier = Call(6);
        earlier.Append(Block("a", 2, Fields), "", 100);

        Assert.Equal(first, again);
        Assert.True((await PartitionScript.RunAsync(_redis, earlier)).IsLate);
        Assert.Equal(1, await _redis.StreamLengthAsync($"{Prefix}c:a"));
    }

    [Fact]
    public async Task Append_OfAPublishersSequenceAgain_GivesTheFirstPositionAndCount()
    {
        var first = (await AppendAsync(Block("a", 2, publisher: "p", sequence: 5))).Results[0];
        var again = (await AppendAsync(Block("a", 3, publisher: "p", sequence: 5))).Results[0];
        var older = (await AppendAsync(Block("a", 2, publisher: "p", sequence: 4))).Results[0];
        var other = (await AppendAsync(Block("a", 2, Fields, publisher: "q", sequence: 4))).Results[0];

        Assert.Equal((OperationStatus.Again, first.Epoch, 0L, 2), (again.Status, again.Epoch, again.Offset, again.Count));
        Assert.Equal((OperationStatus.Old, 5L), (older.Status, older.Offset));
        Assert.Equal((OperationStatus.Ok, 2L), (other.Status, other.Offset));
    }

    [Fact]
    public async Task Append_OnAnEpochThatIsNotTheChannels_WritesNothing()
    {
        var known = (await AppendAsync(Block("a", 1))).Results[0].Epoch;

        var foreign = (await AppendOnAsync("other.1", Block("a", 1, Fields))).Results[0];
        var empty = (await AppendOnAsync("other.1", Block("b", 1, Fields))).Results[0];
        var gone = (await AppendOnAsync(known, Block("b", 1, Fields))).Results[0];
        var right = (await AppendOnAsync(known, Block("a", 1, Fields))).Results[0];

        Assert.Equal((OperationStatus.Foreign, known, 1L), (foreign.Status, foreign.State!.Epoch, foreign.State.Next));
        Assert.Equal((OperationStatus.Empty, OperationStatus.Gone), (empty.Status, gone.Status));
        Assert.Equal((OperationStatus.Ok, 1L), (right.Status, right.Offset));
    }

    [Fact]
    public async Task Restart_FromDisk_ChangesTheEpochAndTheLineageTellsHowFarTheOldOneWent()
    {
        var first = (await AppendAsync(Block("a", 3))).Results[0];
        await _redis.ExecuteAsync("SAVE");
        var lost = (await AppendAsync(Block("a", 4, Fields))).Results[0];
        await _server.KillAsync();
        await _server.StartAgainAsync();
        await Wait.Eventually(async () => await TryPingAsync(), "the client is connected again");

        var check = Call(0);
        check.Check("a", first.Epoch);
        var state = (await PartitionScript.RunAsync(_redis, check)).Results[0].State!;
        var next = (await AppendOnAsync(first.Epoch, Block("a", 1, Fields))).Results[0];

        Assert.Equal(lost.Epoch, first.Epoch);
        Assert.NotEqual(first.Epoch, state.Epoch);
        Assert.Equal((3L, 3L), (state.Next, state.Lineage.EndOf(first.Epoch)));
        Assert.Equal((state.Epoch, 3L), (next.Epoch, next.Offset));
        Assert.Null(state.Lineage.EndOf("other.1"));
    }

    [Fact]
    public async Task Append_ToAStreamThatIsNone_BeginsAnEpochAndGoesOn()
    {
        var first = (await AppendAsync(Block("a", 3), Block("b", 1))).Results[0];
        await _redis.KeyDeleteAsync($"{Prefix}c:b");
        await _redis.StringSetAsync($"{Prefix}c:b", "junk");

        var reply = await AppendAsync(Block("a", 1, Fields), Block("b", 2, Fields));

        Assert.Equal((first.Epoch, 3L), (reply.Results[0].Epoch, reply.Results[0].Offset));
        Assert.Equal((OperationStatus.Ok, 1L, 3L), (reply.Results[1].Status, reply.Results[1].Offset, reply.Results[1].State!.Next));
        Assert.NotEqual(first.Epoch, reply.Results[1].Epoch);
        Assert.Equal(1L, reply.Results[1].State!.Lineage.EndOf(first.Epoch));
        Assert.Equal(3L, (await AppendAsync(Block("b", 1, Fields))).Results[0].Offset);
    }

    [Fact]
    public async Task Seed_WithWhatPublishersWereAnswered_AnswersTheirRetriesTheSame()
    {
        var first = (await AppendAsync(Block("a", 3, publisher: "p", sequence: 5))).Results[0];
        await _connection.GetServers()[0].FlushAllDatabasesAsync();

        var call = Call(0);
        call.Seed("a", first.State!, "", Fields, [], [new PublisherAnswer("p", 5, first.Epoch, 0, 3), new PublisherAnswer("q", 2, "older.1", 0, 1)]);
        var seeded = (await PartitionScript.RunAsync(_redis, call)).Results[0].State!;

        var again = (await AppendOnAsync(seeded.Epoch, Block("a", 3, Fields, publisher: "p", sequence: 5))).Results[0];
        Assert.Equal((OperationStatus.Again, first.Epoch, 0L, 3), (again.Status, again.Epoch, again.Offset, again.Count));
        Assert.Equal((OperationStatus.Old, 2L), (await AppendOnAsync(seeded.Epoch, Block("a", 3, Fields, publisher: "q", sequence: 1))).Results[0] is { } old ? (old.Status, old.Offset) : default);
        Assert.Equal(OperationStatus.Ok, (await AppendOnAsync(seeded.Epoch, Block("a", 3, Fields, publisher: "p", sequence: 6))).Results[0].Status);
    }

    [Theory]
    [InlineData("d")]
    [InlineData("s")]
    [InlineData("n:node")]
    public async Task Append_WhereAKeyIsOfAnotherType_GoesOn(string key)
    {
        await _redis.ListLeftPushAsync(Prefix + key, "junk");

        Assert.Equal(OperationStatus.Ok, (await AppendAsync(Block("a", 1))).Results[0].Status);
        Assert.Equal((OperationStatus.Ok, 1L), ((await AppendAsync(Block("a", 1, Fields))).Results[0] is { } result) ? (result.Status, result.Offset) : default);
    }

    [Fact]
    public async Task Append_WithoutMemory_FailsAndWritesNothing()
    {
        await AppendAsync(Block("a", 1));
        await _connection.GetServers()[0].ConfigSetAsync("maxmemory", "1");

        await Assert.ThrowsAsync<RedisServerException>(() => AppendAsync(Block("a", 1, Fields)));
        await _connection.GetServers()[0].ConfigSetAsync("maxmemory", "0");

        Assert.Equal(1, await _redis.StreamLengthAsync($"{Prefix}c:a"));
        Assert.Equal(1L, (await AppendAsync(Block("a", 1, Fields))).Results[0].Offset);
    }

    [Fact]
    public async Task Call_AfterTheScriptsWereForgotten_Succeeds()
    {
        await AppendAsync(Block("a", 1));
        await _connection.GetServers()[0].ScriptFlushAsync();

        var calls = Enumerable.Range(0, 50).Select(i => AppendAsync(Block($"c{i}", 1)));

        Assert.All(await Task.WhenAll(calls), reply => Assert.Equal(OperationStatus.Ok, reply.Results[0].Status));
    }

    [Fact]
    public async Task Remove_UnlessThereAreFurtherRows_TakesTheChannelAway()
    {
        var epoch = (await AppendAsync(Block("a", 2))).Results[0].Epoch;

        Assert.Equal(OperationStatus.Kept, (await RemoveAsync("a", epoch, 1)).Status);
        Assert.Equal(OperationStatus.Foreign, (await RemoveAsync("a", "other.1", 2)).Status);
        Assert.Equal(OperationStatus.Ok, (await RemoveAsync("a", epoch, 2)).Status);
        Assert.Equal(OperationStatus.Gone, (await RemoveAsync("a", epoch, null)).Status);
        Assert.Equal(OperationStatus.Empty, (await RemoveAsync("a", "other.1", null)).Status);
        Assert.False(await _redis.KeyExistsAsync($"{Prefix}c:a"));
        Assert.NotEqual(epoch, (await AppendAsync(Block("a", 1))).Results[0].Epoch);
    }

    [Fact]
    public async Task Seed_OfAChannelThatWasRemoved_IsRefusedInEveryLaterGeneration()
    {
        var held = (await AppendAsync(Block("a", 3), Block("b", 1))).Results[0].State!;
        for (var generation = 0; generation < 3; generation++)
        {
            await AppendOnAsync("", Block($"c{generation}", 1));
            if (generation == 1)
                Assert.Equal(OperationStatus.Ok, (await RemoveAsync("a", (await AppendOnAsync(held.Epoch, Block("a", 1, Fields))).Results[0].Epoch, null)).Status);
            await _server.ChangeHistoryAsync();
        }

        Assert.Equal(OperationStatus.Gone, (await SeedAsync("a", held, "")).Results[0].Status);
        Assert.Equal(OperationStatus.Gone, (await AppendOnAsync(held.Epoch, Block("a", 1, Fields))).Results[0].Status);
        Assert.Equal(OperationStatus.Empty, (await AppendOnAsync(held.Epoch + "9", Block("a", 1, Fields))).Results[0].Status);
        Assert.False(await _redis.KeyExistsAsync($"{Prefix}c:a"));
        var again = (await AppendAsync(Block("a", 1))).Results[0];
        Assert.Equal((OperationStatus.Ok, 0L), (again.Status, again.Offset));
    }

    [Fact]
    public async Task Seed_OfAChannelThatRedisLost_IsAcceptedOnceAndItsLineageLeadsOn()
    {
        var before = (await AppendAsync(Block("a", 3), Block("b", 1))).Results[0].State!;
        await _connection.GetServers()[0].FlushAllDatabasesAsync();
        var empty = (await AppendOnAsync(before.Epoch, Block("a", 1, Fields))).Results[0];

        var first = (await SeedAsync("a", before, "")).Results[0];
        var second = (await SeedAsync("a", before, "")).Results[0];
        var next = (await AppendOnAsync(before.Epoch, Block("a", 1, Fields))).Results[0];

        Assert.Equal(OperationStatus.Empty, empty.Status);
        Assert.Equal((OperationStatus.Ok, 3L, 3L), (first.Status, first.State!.Next, first.State.Lineage.EndOf(before.Epoch)));
        Assert.Equal((OperationStatus.Foreign, first.State.Epoch), (second.Status, second.State!.Epoch));
        Assert.Equal((OperationStatus.Ok, first.State.Epoch, 3L), (next.Status, next.Epoch, next.Offset));
        var log = await _redis.StreamRangeAsync($"{Prefix}c:a");
        Assert.Equal(["2-0", "3-0", "4-0"], log.Select(entry => entry.Id.ToString()));
        Assert.Equal([1d], BlockRows.Decode((byte[])log[1]["p"]!, Fields, 1)![1].Numbers.ToArray());
    }

    [Fact]
    public async Task Seed_OverAnEpochThatTheNodeDoesNotKnow_IsAcceptedWhereThatIsStillThere()
    {
        var foreign = (await AppendAsync(Block("a", 7))).Results[0].State!;
        var held = new ChannelState("old.9", 3, Fields.Hash, LineageText.Read("older.1@2"), 100, null, null);

        var other = (await SeedAsync("a", held, "another.1")).Results[0];
        var seeded = (await SeedAsync("a", held, foreign.Epoch)).Results[0].State!;

        Assert.Equal(OperationStatus.Foreign, other.Status);
        Assert.Equal((3L, 3L, 2L, null), (seeded.Next, seeded.Lineage.EndOf("old.9"), seeded.Lineage.EndOf("older.1"), seeded.Lineage.EndOf(foreign.Epoch)));
        Assert.Equal(2, await _redis.StreamLengthAsync($"{Prefix}c:a"));
        Assert.Equal(3L, (await AppendOnAsync("old.9", Block("a", 1, Fields))).Results[0].Offset);
    }

    [Fact]
    public async Task Lineage_WhereALaterEpochLostRows_EndsTheEarlierOnesThere()
    {
        var held = new ChannelState("third.1", 3, Fields.Hash, LineageText.Read("second.1@2;first.1@3;;older.1@1"), 100, null, null);

        var seeded = (await SeedAsync("a", held, "")).Results[0].State!;

        Assert.Equal((3L, 2L, 2L), (seeded.Lineage.EndOf("third.1"), seeded.Lineage.EndOf("second.1"), seeded.Lineage.EndOf("first.1")));
        Assert.Null(seeded.Lineage.EndOf("older.1"));
    }

    [Fact]
    public async Task Lineage_OfManyEpochs_ForgetsTheOldest()
    {
        var held = (await AppendAsync(Block("a", 3))).Results[0].State!;
        var first = held;
        for (var i = 0; i < 40; i++)
        {
            await _connection.GetServers()[0].FlushAllDatabasesAsync();
            held = (await SeedAsync("a", held, "")).Results[0].State!;
        }

        Assert.InRange(LineageText.Of(held.Lineage).Length, 500, 1_000);
        Assert.All(held.Lineage.Ends, end => Assert.Equal(3, end.Offset));
        Assert.Null(held.Lineage.EndOf(first.Epoch));
    }

    private async Task<PartitionReply> SeedAsync(string channel, ChannelState held, string expected)
    {
        var call = Call(0);
        call.Seed(channel, held, expected, Fields, [(0, 2, [Numbers(2), Numbers(2)]), (2, 1, [Numbers(1), new Column([1d])])], []);
        return await PartitionScript.RunAsync(_redis, call);
    }

    private static Block Block(string channel, int count, Schema? on = null, string? publisher = null, long sequence = 0) => new()
    {
        Channel = ChannelId.Parse(channel),
        BaseHash = (on ?? Schema.Empty).Hash,
        Schema = Fields,
        Columns = [Numbers(count), Numbers(count)],
        Count = count,
        Bytes = count * 16,
        PublisherId = publisher,
        Sequence = sequence,
    };

    private static Column Numbers(int count) => new(Enumerable.Range(0, count).Select(row => (double)row).ToArray());

    private static PartitionCall Call(long number) => new(Prefix, "node", number, TimeSpan.FromMinutes(1));

    private Task<PartitionReply> AppendAsync(params Block[] blocks) => AppendOnAsync("", blocks);

    private Task<PartitionReply> AppendAsync(Block block, int capacity) => AppendOnAsync("", [block], capacity);

    private async Task<PartitionReply> AppendOnAsync(string held, params Block[] blocks) => await AppendOnAsync(held, blocks, 1_000);

    private async Task<PartitionReply> AppendOnAsync(string held, Block[] blocks, int capacity)
    {
        var call = new PartitionCall(Prefix, $"node{Interlocked.Increment(ref _call)}", 1, TimeSpan.FromMinutes(1));
        foreach (var block in blocks)
            call.Append(block, held, capacity);
        return await PartitionScript.RunAsync(_redis, call);
    }

    private async Task<OperationResult> RemoveAsync(string channel, string epoch, long? next)
    {
        var call = Call(0);
        call.Remove(channel, epoch, next);
        return (await PartitionScript.RunAsync(_redis, call)).Results[0];
    }

    private async Task<byte[]?> RunBytesAsync(PartitionCall call) =>
        (byte[]?)await _redis.ScriptEvaluateAsync(PartitionScript.Text, values: call.ToArguments());

    private async Task<bool> TryPingAsync()
    {
        try
        {
            await _redis.PingAsync();
            return true;
        }
        catch (RedisException)
        {
            return false;
        }
    }
}
