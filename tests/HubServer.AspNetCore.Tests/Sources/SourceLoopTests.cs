using HubServer.AspNetCore.Sources;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.AspNetCore.Tests.Sources;

/// <summary>
/// Rounds here complete synchronously, and so does the timer's tick: when <c>Advance</c> returns, the rounds that it
/// caused are over.
/// </summary>
public sealed class SourceLoopTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly ChannelId A = new("a");
    private static readonly ChannelId B = new("b");

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly RecordingLogger<SourceLoop> _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<double> _readAt = [];
    private readonly HubServerOptions _options = new();
    private readonly Node _node;

    public SourceLoopTests() =>
        _node = new Node(_options, new InMemoryBackplane(_options, _time), new HubServerMetrics(), _time, new WorkPool(), NullLogger<Node>.Instance);

    public void Dispose()
    {
        _stop.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task RunAsync_WhenTimePasses_ReadsAtOnceAndAtEachTick()
    {
        var run = Run(Accept);
        Advance(3);

        Assert.Equal([0, 1, 2, 3], _readAt);
        await StopAsync(run);
    }

    [Fact]
    public async Task RunAsync_WhenARoundIsSlow_SkipsTheTicksItMissed()
    {
        // Continuations run inline, so that the loop waits for its next tick when SetResult returns.
        var slow = new TaskCompletionSource<PublishResult>();
        var run = Run((channel, rows, _) => _readAt.Count == 1 && channel == A ? new ValueTask<PublishResult>(slow.Task) : Accept(channel, rows, default));
        _time.Advance(Second * 2.5);
        slow.SetResult(Taken(A));
        Assert.Equal([0], _readAt);

        _time.Advance(Second * 0.5);
        Advance(1);

        Assert.Equal([0, 3, 4], _readAt);
        await StopAsync(run);
    }

    [Fact]
    public async Task RunAsync_WhenRowsAreRefused_LogsEachChangeOnce()
    {
        string?[] errors = ["overloaded", "overloaded", "internal", "internal", null, null, "overloaded"];
        var run = Run((channel, _, _) => ValueTask.FromResult(
            channel == A && errors[_readAt.Count - 1] is { } code
                ? new PublishResult(channel.Text, "", -1, 0, new ItemError(code, "why"))
                : Taken(channel)));
        Advance(errors.Length - 1);

        Assert.Equal(
            [
                "Warning: Rows of source test for a were refused: overloaded: why",
                "Warning: Rows of source test for a were refused: internal: why",
                "Information: Rows of source test for a are taken again",
                "Warning: Rows of source test for a were refused: overloaded: why",
            ],
            _log.Lines.Skip(1));
        await StopAsync(run);
    }

    [Fact]
    public async Task RunAsync_WhenPublishingThrows_PublishesTheOthersAndGoesOn()
    {
        var published = new List<ChannelId>();
        var run = Run((channel, rows, token) =>
        {
            if (channel == A)
                throw new InvalidOperationException("broken");
            published.Add(channel);
            return Accept(channel, rows, token);
        });
        Advance(2);

        Assert.Equal([B, B, B], published);
        Assert.Equal(["Warning: Rows of source test for a were refused: InvalidOperationException: broken"], _log.Lines.Skip(1));
        await StopAsync(run);
    }

    [Fact]
    public async Task RunAsync_WhenAReadingThrows_LogsItAndGoesOn()
    {
        var published = 0;
        var loop = new SourceLoop(
            (channel, rows, token) =>
            {
                published++;
                return Accept(channel, rows, token);
            },
            _time,
            _log);
        var run = loop.RunAsync("test", Second, () => ReadRound() is var round && _readAt.Count is 2 or 3 ? throw new IOException("no disk") : round, _stop.Token);
        Advance(3);

        Assert.Equal([0, 1, 2, 3], _readAt);
        Assert.Equal(4, published);
        Assert.EndsWith("[no disk]", Assert.Single(_log.Lines, line => line.StartsWith("Error:", StringComparison.Ordinal)), StringComparison.Ordinal);
        await StopAsync(run);
    }

    [Fact]
    public async Task Sources_WhenDisabled_DoNothing()
    {
        var options = Options.Create(new SourcesOptions { Host = { Enabled = false } });
        var loop = new SourceLoop((_, _, _) => throw new InvalidOperationException(), _time, _log);
        using var host = new HostSource(loop, options, _node, _options, _time);
        using var simulate = new SimulateSource(loop, options, _time);

        await host.StartAsync(_stop.Token);
        await simulate.StartAsync(_stop.Token);
        await Task.WhenAll(host.ExecuteTask ?? Task.CompletedTask, simulate.ExecuteTask ?? Task.CompletedTask);

        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Sources_WhenEnabled_PublishTheirChannelsUntilStopped()
    {
        var names = System.Threading.Channels.Channel.CreateUnbounded<string>();
        var loop = new SourceLoop(
            (channel, rows, token) =>
            {
                names.Writer.TryWrite(channel.Name == "simulate" ? channel.Text : channel.Name);
                return Accept(channel, rows, token);
            },
            _time,
            _log);
        var options = Options.Create(new SourcesOptions { Host = { Enabled = true }, Simulate = { Enabled = true } });
        using var host = new HostSource(loop, options, _node, _options, _time);
        using var simulate = new SimulateSource(loop, options, _time);

        await host.StartAsync(_stop.Token);
        await simulate.StartAsync(_stop.Token);
        var missing = new HashSet<string> { "memory", "process", "simulate{intervalMs=\"500\"}", "simulate{intervalMs=\"100\"}" };
        while (missing.Count > 0)
            missing.Remove(await names.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Second * 30));

        await host.StopAsync(_stop.Token);
        await simulate.StopAsync(_stop.Token);
        Assert.True(host.ExecuteTask is { IsCompleted: true, IsFaulted: false });
        Assert.True(simulate.ExecuteTask is { IsCompleted: true, IsFaulted: false });
    }

    private static ValueTask<PublishResult> Accept(ChannelId channel, Rows rows, CancellationToken cancellationToken) => ValueTask.FromResult(Taken(channel));

    private static PublishResult Taken(ChannelId channel) => new(channel.Text, "", 0, 1);

    private Task Run(Func<ChannelId, Rows, CancellationToken, ValueTask<PublishResult>> publish) =>
        new SourceLoop(publish, _time, _log).RunAsync("test", Second, ReadRound, _stop.Token);

    private IReadOnlyList<(ChannelId Channel, Rows Rows)> ReadRound()
    {
        var now = _time.GetUtcNow();
        _readAt.Add((now - DateTimeOffset.UnixEpoch).TotalSeconds);
        return [new Reading(A, now).ToRows(), new Reading(B, now).ToRows()];
    }

    private void Advance(int seconds)
    {
        for (var i = 0; i < seconds; i++)
            _time.Advance(Second);
    }

    private async Task StopAsync(Task run)
    {
        await _stop.CancelAsync();
        await run;
    }
}
