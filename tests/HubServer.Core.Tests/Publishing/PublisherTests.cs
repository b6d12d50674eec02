using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Publishing;

public sealed class PublisherTests
{
    private readonly HubServerOptions _options = new() { Partitions = 1 };
    private readonly GatedBackplane _backplane;
    private readonly Publisher _publisher;

    public PublisherTests()
    {
        _backplane = new GatedBackplane(new InMemoryBackplane(_options, TimeProvider.System));
        _publisher = new Publisher(0, _backplane, _options.Publishing, 1 << 20, new HubServerMetrics(), new WorkPool(item => item.Execute()), NullLogger.Instance);
    }

    [Fact]
    public async Task Blocks_WhileACallIsInFlight_GoTogetherInTheNext()
    {
        var first = AppendAsync(Block("a"));
        var others = new[] { AppendAsync(Block("b")), AppendAsync(Block("c")) };
        Assert.Equal(1, _backplane.InFlight);

        _backplane.Answer();
        Assert.Equal(1, _backplane.InFlight);
        _backplane.Answer();
        await first;
        await Task.WhenAll(others);
        Assert.Equal(["a", "b,c"], Called());
        Assert.Equal(0, _publisher.PendingRows);
    }

    [Fact]
    public async Task Blocks_OfOneChannel_GoOneACallAndInOrder()
    {
        var tasks = new[] { AppendAsync(Block("x")), AppendAsync(Block("a")), AppendAsync(Block("a", 2, Fields)), AppendAsync(Block("b")), AppendAsync(Block("a", 3, Fields)) };
        for (var i = 0; i < 4; i++)
            _backplane.Answer();
        var results = await Task.WhenAll(tasks);
        Assert.Equal(["x", "a,b", "a", "a"], Called());
        Assert.Equal([0, 1, 3], new[] { results[1], results[2], results[4] }.Select(result => result.Offset));
    }

    [Fact]
    public async Task Call_PassesNeitherLimitOfBlocksNorOfBytes()
    {
        _options.Publishing.MaxCallBlocks = 2;
        _options.Publishing.MaxBlockBytes = 1_600;
        var tasks = new[] { AppendAsync(Block("x")), AppendAsync(Block("a", 60)), AppendAsync(Block("b", 60)), AppendAsync(Block("c", 40)), AppendAsync(Block("d")), AppendAsync(Block("e", 200)) };
        for (var i = 0; i < 4; i++)
            _backplane.Answer();
        await Task.WhenAll(tasks);
        Assert.Equal(["x", "a,c", "b,d", "e"], Called());
    }

    [Fact]
    public async Task FullQueue_RefusesWhoArrives_AndLetsWhoIsInWait()
    {
        _options.Publishing.MaxPendingRows = 10;
        var sent = AppendAsync(Block("x"));
        var pending = AppendAsync(Block("a", 10));
        Assert.True(_publisher.IsFull);

        var waiting = AppendAsync(Block("b", 1));
        Assert.Equal(10, _publisher.PendingRows);
        _backplane.Answer();
        Assert.False(_publisher.IsFull);
        await sent;
        await Eventually(() => _publisher.PendingRows == 1);
        _backplane.Answer();
        await pending;
        await Eventually(() => _backplane.InFlight == 1);
        _backplane.Answer();
        Assert.Equal(AppendStatus.Appended, (await waiting).Status);
    }

    [Fact]
    public async Task FullQueue_WhenTheCallerGivesUp_ForgetsItsBlock()
    {
        _options.Publishing.MaxPendingRows = 1;
        var tasks = new[] { AppendAsync(Block("x")), AppendAsync(Block("a")) };
        using var gone = new CancellationTokenSource();
        var waiting = _publisher.AppendAsync(Block("b"), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _backplane.Answer();
        _backplane.Answer();
        await Task.WhenAll(tasks);
        Assert.Equal(["x", "a"], Called());
    }

    [Fact]
    public async Task FailedCall_LeavesTheOutcomeOfAllItsBlocksUnknown_AndTheNextGoesOn()
    {
        var first = AppendAsync(Block("x"));
        var failed = new[] { AppendAsync(Block("a")), AppendAsync(Block("b")) };
        _backplane.Answer();
        var next = AppendAsync(Block("c"));
        _backplane.Answer(succeeds: false);
        _backplane.Answer();
        Assert.Equal(AppendStatus.Appended, (await first).Status);
        Assert.All(await Task.WhenAll(failed), result => Assert.Equal(ErrorCode.BackplaneUnavailable, result.Error?.Code));
        Assert.Equal(AppendStatus.Appended, (await next).Status);
    }

    private IEnumerable<string> Called() => _backplane.Calls.Select(call => string.Join(',', call.Select(block => block.Channel.Text)));

    private Task<AppendResult> AppendAsync(Block block) => _publisher.AppendAsync(block, CancellationToken.None).AsTask();

    private static async Task Eventually(Func<bool> holds)
    {
        while (!holds())
            await Task.Yield();
    }
}
