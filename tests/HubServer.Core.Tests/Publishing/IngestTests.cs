using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Publishing;

public sealed class IngestTests : IDisposable
{
    private readonly HubServerOptions _options = new() { Partitions = 1 };
    private readonly GatedBackplane _backplane;
    private readonly Node _node;

    public IngestTests()
    {
        _backplane = new GatedBackplane(new InMemoryBackplane(_options, TimeProvider.System));
        _node = new Node(_options, _backplane, new HubServerMetrics(), TimeProvider.System, new WorkPool(item => item.Execute()), NullLogger<Node>.Instance);
    }

    [Fact]
    public async Task Request_WithOneWrongBatch_WritesNothing()
    {
        var error = await Assert.ThrowsAsync<ProtocolException>(() => PublishAsync(Batch("a", Rows(1)), Batch("b", Rows(1)), Batch("b", Texts())));
        Assert.Equal(ErrorCode.BadRequest, error.Code);
        Assert.Equal("batches[2]: values[0] for field 'v' of channel 'b' holds string values; the field is a number and cannot change", error.Message);
        Assert.Empty(_backplane.Calls);
        Assert.Equal(0, _node.Registry.Count);
    }

    [Fact]
    public async Task Request_ForReplicas_IsRefused()
    {
        var request = new PublishRequest { Batches = [Batch("a", Rows(1))], Level = PublishLevel.Replicated };
        var error = await Assert.ThrowsAsync<ProtocolException>(() => _node.Ingest.PublishAsync(request, CancellationToken.None).AsTask());
        Assert.Contains("replicas", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_WithAPublisherId_TakesOneBlockForEachChannel()
    {
        _options.Publishing.MaxBlockRows = 3;
        var tooLong = await Assert.ThrowsAsync<ProtocolException>(() => PublishOnceAsync(Batch("a", Rows(4))));
        Assert.Equal(ErrorCode.LimitExceeded, tooLong.Code);
        var twice = await Assert.ThrowsAsync<ProtocolException>(() => PublishOnceAsync(Batch("a", Rows(1)), Batch("a", Rows(1))));
        Assert.Contains("occurs twice", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_WithAPublisherId_ThatNewFieldsMakeTooLongForOneBlock_IsRefused()
    {
        _options.Publishing.MaxBlockBytes = 200;
        var wide = PublishAsync(Batch("a", new Rows([new RowField("k"), new RowField("l"), new RowField("m")], [new Column([1.0]), new Column([1.0]), new Column([1.0])])));
        var once = PublishOnceAsync(Batch("a", Rows(10)));
        await AnswerAllAsync(Task.WhenAll(wide, once));
        Assert.Equal((0, -1, ErrorCode.LimitExceeded), ((await once)[0].Count, (await once)[0].Offset, (await once)[0].Error?.Code));
        Assert.Equal(1, _node.Registry.Find(new ChannelId("a"))?.ReadHead().Next);
    }

    [Fact]
    public async Task Channels_OnceAllRowsTakeWhatThereIs_KeepFewerRowsAndNoneIsAdded()
    {
        var options = new HubServerOptions { Partitions = 1, Channels = { MaxTotalBytes = 10_000 } };
        using var node = new Node(options, new InMemoryBackplane(options, TimeProvider.System), new HubServerMetrics(), TimeProvider.System, new WorkPool(item => item.Execute()), NullLogger<Node>.Instance);
        await node.Ingest.PublishAsync(new ChannelId("a"), Rows(100));
        await node.Ingest.PublishAsync(new ChannelId("b"), Rows(1));
        await node.Ingest.PublishAsync(new ChannelId("a"), Rows(1_000));

        Assert.InRange(node.Status().RingBytes, 5_000, 10_000);
        Assert.InRange(node.Registry.Find(new ChannelId("a"))!.Describe().Rows, 300, 625);
        for (var i = 0; node.Status().RingBytes < 10_000; i++)
            await node.Ingest.PublishAsync(new ChannelId($"small{i}"), Rows(8));
        var error = await Assert.ThrowsAsync<ProtocolException>(async () => await node.Ingest.PublishAsync(new ChannelId("c"), Rows(1)));
        Assert.Equal((ErrorCode.LimitExceeded, "Channels:MaxTotalBytes"), (error.Code, error.Limit));
        Assert.Null((await node.Ingest.PublishAsync(new ChannelId("b"), Rows(20))).Error);

        await node.RemoveAsync(new ChannelId("a"));
        Assert.Null((await node.Ingest.PublishAsync(new ChannelId("c"), Rows(1))).Error);
    }

    [Fact]
    public async Task Rows_BeyondTheBytesThatMayWait_AreRefusedUntilThereIsRoom()
    {
        var options = new HubServerOptions { Partitions = 1, Publishing = { MaxBlockBytes = 200, MaxPendingBytes = 400 } };
        var backplane = new GatedBackplane(new InMemoryBackplane(options, TimeProvider.System));
        using var node = new Node(options, backplane, new HubServerMetrics(), TimeProvider.System, new WorkPool(item => item.Execute()), NullLogger<Node>.Instance);

        // The first goes out at once; 16 bytes a row, so that the second to fourth together are one row below the limit.
        var taken = Enumerable.Range(0, 4).Select(i => node.Ingest.PublishAsync(new ChannelId("a"), Rows(i == 3 ? 4 : 10, i)).AsTask()).ToList();
        Assert.Equal(384, node.Ingest.PendingBytes);
        taken.Add(node.Ingest.PublishAsync(new ChannelId("a"), Rows(1)).AsTask());
        Assert.Equal(400, node.Ingest.PendingBytes);
        var refused = await node.Ingest.PublishAsync(new ChannelId("a"), Rows(1));
        Assert.Equal(ErrorCode.Overloaded, refused.Error?.Code);
        Assert.Contains("(HubServer:Publishing:MaxPendingBytes)", refused.Error?.Message, StringComparison.Ordinal);

        await AnswerAllAsync(Task.WhenAll(taken), backplane);
        Assert.All(await Task.WhenAll(taken), result => Assert.Null(result.Error));
        Assert.Equal(0, node.Ingest.PendingBytes);
    }

    [Fact]
    public async Task Rows_BeyondTheChannelLimit_AreRefusedForANewChannelOnly()
    {
        _options.Channels.MaxChannels = 1;
        var first = PublishAsync(Batch("a", Rows(1)));
        _backplane.Answer();
        await first;
        var error = await Assert.ThrowsAsync<ProtocolException>(() => PublishAsync(Batch("b", Rows(1))));
        Assert.Contains("MaxChannels", error.Message, StringComparison.Ordinal);
        var again = PublishAsync(Batch("a", Rows(1)));
        _backplane.Answer();
        Assert.Equal(1, (await again)[0].Offset);
    }

    [Fact]
    public async Task LongPublish_IsSplitByRowsAndByBytes()
    {
        _options.Publishing.MaxBlockRows = 1_000;
        var byRows = PublishAsync(Batch("a", Rows(2_500)));
        await AnswerAllAsync(byRows);
        Assert.Equal([1_000, 1_000, 500], _backplane.Calls.Select(call => call[0].Count));
        Assert.Equal((0, 2_500), ((await byRows)[0].Offset, (await byRows)[0].Count));

        _backplane.Calls.Clear();
        var text = new string('x', 40_000);
        var byBytes = PublishAsync(Batch("b", new Rows([new RowField("s")], [new Column([text, text, text, text, text])])));
        await AnswerAllAsync(byBytes);
        Assert.Equal([3, 2], _backplane.Calls.Select(call => call[0].Count));
    }

    [Fact]
    public async Task LongPublish_ThatFailsPartWay_SaysHowManyRowsWereTaken()
    {
        _options.Publishing.MaxBlockRows = 10;
        var publish = PublishAsync(Batch("a", Rows(25)));
        _backplane.Answer();
        await EventuallyInFlightAsync();
        _backplane.Answer(succeeds: false);
        var result = (await publish)[0];
        Assert.Equal((0, 10, ErrorCode.BackplaneUnavailable), (result.Offset, result.Count, result.Error?.Code));
    }

    [Fact]
    public async Task Rows_ValidatedAgainstAnOlderSchema_AreValidatedAgain()
    {
        var first = PublishAsync(Batch("a", Rows(1)));
        var added = PublishAsync(Batch("a", new Rows([new RowField("n")], [new Column([1.0])])));
        var conflict = PublishAsync(Batch("a", Texts()));
        await AnswerAllAsync(Task.WhenAll(first, added, conflict));
        Assert.Null((await added)[0].Error);
        Assert.Equal((0, -1, ErrorCode.BadRequest), ((await conflict)[0].Count, (await conflict)[0].Offset, (await conflict)[0].Error?.Code));
        Assert.Equal(["time", "v", "n"], _node.Registry.Find(new ChannelId("a"))?.ReadHead().Schema.Fields.Select(field => field.Name) ?? []);
    }

    [Fact]
    public async Task FullQueue_RefusesANewPublish()
    {
        _options.Publishing.MaxPendingRows = 5;
        var sent = PublishAsync(Batch("a", Rows(1)));
        var pending = PublishAsync(Batch("b", Rows(5)));
        var refused = (await PublishAsync(Batch("c", Rows(1))))[0];
        Assert.Equal((ErrorCode.Overloaded, 1_000), (refused.Error?.Code, refused.Error?.RetryMs));
        await AnswerAllAsync(Task.WhenAll(sent, pending));
    }

    public void Dispose() => _node.Dispose();

    private static PublishBatch Batch(string channel, Rows rows) => new(channel, rows);

    private static Rows Texts() => new([new RowField("v")], [new Column(["text"])]);

    private Task<PublishResult[]> PublishAsync(params PublishBatch[] batches) =>
        _node.Ingest.PublishAsync(new PublishRequest { Batches = batches }, CancellationToken.None).AsTask();

    private Task<PublishResult[]> PublishOnceAsync(params PublishBatch[] batches) =>
        _node.Ingest.PublishAsync(new PublishRequest { Batches = batches, PublisherId = "p", Sequence = 1 }, CancellationToken.None).AsTask();

    private async Task AnswerAllAsync(Task until, GatedBackplane? backplane = null)
    {
        backplane ??= _backplane;
        while (!until.IsCompleted)
        {
            if (backplane.InFlight > 0)
                backplane.Answer();
            await Task.Yield();
        }
    }

    private async Task EventuallyInFlightAsync()
    {
        while (_backplane.InFlight == 0)
            await Task.Yield();
    }
}
