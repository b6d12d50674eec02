using HubServer.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Channels;

public sealed class RetentionSweepTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Node _node;

    public RetentionSweepTests()
    {
        var options = new HubServerOptions { Channels = { Retention = TimeSpan.FromMinutes(10), Rules = [new ChannelRule { Match = "short", Retention = TimeSpan.FromSeconds(10) }] } };
        _node = new Node(options, new InMemoryBackplane(options, _time), new HubServerMetrics(), _time, new WorkPool(), NullLogger<Node>.Instance);
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

    public void Dispose() => _node.Dispose();

    private async Task<PublishResult> PublishAsync(string channel) => await _node.Ingest.PublishAsync(new ChannelId(channel), Rows(1), CancellationToken.None);
}
