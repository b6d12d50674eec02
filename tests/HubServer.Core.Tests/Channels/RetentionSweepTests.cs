using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Channels;

public sealed class RetentionSweepTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly WarningLog _log = new();
    private readonly RefusingBackplane _backplane;
    private readonly Node _node;

    public RetentionSweepTests()
    {
        var options = new HubServerOptions { Channels = { Retention = TimeSpan.FromMinutes(10), Rules = [new ChannelRule { Match = "short", Retention = TimeSpan.FromSeconds(10) }] } };
        _backplane = new RefusingBackplane(new InMemoryBackplane(options, _time));
        _node = new Node(options, _backplane, new HubServerMetrics(), _time, new WorkPool(), _log);
    }

    [Fact]
    public async Task Channel_WithoutRowsForItsRetention_GoesAwayAndComesBackInAnotherEpoch()
    {
        var first = await PublishAsync("short");
        await PublishAsync("long");
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(2, _node.Registry.Count);

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(_node.Registry.Find(new ChannelId("short")));
        Assert.NotNull(_node.Registry.Find(new ChannelId("long")));

        var second = await PublishAsync("short");
        Assert.NotEqual(first.Epoch, second.Epoch);
        Assert.Equal(0, second.Offset);
    }

    [Fact]
    public async Task Channel_WithRows_Stays()
    {
        for (var i = 0; i < 10; i++)
        {
            await PublishAsync("short");
            _time.Advance(TimeSpan.FromSeconds(6));
        }

        Assert.NotNull(_node.Registry.Find(new ChannelId("short")));
    }

    [Fact]
    public async Task Channel_WithARetentionOfItsOwn_GoesAwayAfterThatAndNotBefore()
    {
        await PublishAsync("long");
        await _node.ConfigureAsync(new ChannelId("long"), new ChannelSettings { RetentionMs = 1_000 });
        await _node.ConfigureAsync(new ChannelId("short"), new ChannelSettings { RetentionMs = 60_000 });

        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(2, _node.Registry.Count);
        _time.Advance(TimeSpan.FromMilliseconds(101));
        Assert.Null(_node.Registry.Find(new ChannelId("long")));

        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.NotNull(_node.Registry.Find(new ChannelId("short")));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, _node.Registry.Count);
    }

    [Fact]
    public async Task Channel_ThatIsConfiguredAgain_StaysForItsRetentionFromThen()
    {
        await PublishAsync("short");
        _time.Advance(TimeSpan.FromSeconds(9));
        await _node.ConfigureAsync(new ChannelId("short"), new ChannelSettings());
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull(_node.Registry.Find(new ChannelId("short")));
    }

    [Fact]
    public async Task Sweeps_ThatTheBackplaneRefuses_AreSaidOnceUntilOneSucceeds()
    {
        await SweepInVainAsync(new ProtocolException(ErrorCode.BackplaneUnavailable, "Redis is full"));
        var (text, exception) = Assert.Single(_log.Warnings);
        Assert.Contains("Redis is full", text, StringComparison.Ordinal);
        Assert.Null(exception);

        _backplane.Refusal = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_node.Registry.Find(new ChannelId("short")));
        Assert.Single(_log.Warnings);

        await SweepInVainAsync(new ProtocolException(ErrorCode.BackplaneUnavailable, "Redis is full again"));
        Assert.Equal(2, _log.Warnings.Count);
        Assert.Contains("Redis is full again", _log.Warnings[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweeps_ThatFailUnexpectedly_AreSaidOnceWithTheException()
    {
        var failure = new InvalidOperationException("nobody thought of this");
        await SweepInVainAsync(failure);
        Assert.Same(failure, Assert.Single(_log.Warnings).Exception);
    }

    public void Dispose() => _node.Dispose();

    /// <summary>Lets a channel become idle, and several sweeps fail to remove it.</summary>
    private async Task SweepInVainAsync(Exception refusal)
    {
        await PublishAsync("short");
        _backplane.Refusal = refusal;
        var before = _backplane.Refused;
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.InRange(_backplane.Refused - before, 2, 15);
        Assert.NotNull(_node.Registry.Find(new ChannelId("short")));
    }

    private async Task<PublishResult> PublishAsync(string channel) => await _node.Ingest.PublishAsync(new ChannelId(channel), Rows(1), CancellationToken.None);
}
