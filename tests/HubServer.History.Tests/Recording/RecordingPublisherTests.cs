using HubServer.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.History.Tests.Recording;

/// <summary>What a publisher writes down of nodes that do not answer.</summary>
public sealed class RecordingPublisherTests
{
    [Fact]
    public async Task PublishAsync_WhenANodeHangsUp_AsksTheNextWhatBecameOfTheBlock()
    {
        await using var node = NodeProcess.Start();
        using var deaf = new DeafNode(hangsUp: true);
        Assert.Equal(["info connection_lost", "ok"], await PublishAsync(new PublisherOptions { Id = "p", Urls = [deaf.Url, await node.UrlAsync()], Channels = ["c"], BlocksPerSecond = 0, Seed = 0 }));
    }

    [Fact]
    public async Task PublishAsync_WhenANodeDoesNotAnswerInTime_AsksTheNextWhatBecameOfTheBlock()
    {
        await using var node = NodeProcess.Start();
        using var deaf = new DeafNode(hangsUp: false);
        var options = new PublisherOptions { Id = "p", Urls = [deaf.Url, await node.UrlAsync()], Channels = ["c"], BlocksPerSecond = 0, Seed = 0, Timeout = TimeSpan.FromSeconds(20) };

        // The clock stands still for the node that does answer, however long it takes.
        var time = new FakeTimeProvider();
        Assert.Equal(["info timeout", "ok"], await PublishAsync(options, time, async log =>
        {
            await deaf.Heard;
            time.Advance(options.Timeout);
            await Wait.Eventually(
                () =>
                {
                    time.Advance(TimeSpan.FromMilliseconds(200));
                    return log.Lines >= 3;
                },
                "the block is sent to the next node");
        }));
    }

    [Fact]
    public async Task PublishAsync_WhenNobodyListens_KnowsThatNothingWasWritten()
    {
        await using var node = NodeProcess.Start();
        Uri nobody;
        using (var gone = new DeafNode(hangsUp: true))
            nobody = gone.Url;
        Assert.Equal(["fail unconnected", "ok"], await PublishAsync(new PublisherOptions { Id = "p", Urls = [nobody, await node.UrlAsync()], Channels = ["c"], BlocksPerSecond = 0, Seed = 0 }));
    }

    [Fact]
    public async Task PublishAsync_WhenABlockIsRefused_GivesItUp()
    {
        await using var node = NodeProcess.Start();
        Assert.Equal(["fail bad_request"], await PublishAsync(new PublisherOptions { Id = "p", Urls = [await node.UrlAsync()], Channels = ["not{an id"], BlocksPerSecond = 0 }));
    }

    /// <summary>Publishes one block and answers what was written down of its attempts.</summary>
    private static async Task<List<string>> PublishAsync(PublisherOptions options, TimeProvider? time = null, Func<HistoryLog, Task>? meanwhile = null)
    {
        var text = new StringWriter();
        using var log = new HistoryLog(text);
        await using (var publisher = new RecordingPublisher(log, options, time))
        {
            publisher.Start();
            var published = publisher.PublishAsync(options.Channels[0], 2, TestContext.Current.CancellationToken);
            if (meanwhile is not null)
                await meanwhile(log);
            await published.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(HistoryEvent.Parse).ToList();
        Assert.True(HistoryChecker.Check(new Scenario(), lines).IsClean);
        return [.. lines.Where(line => line.Kind != HistoryKind.Invoke).Select(line => $"{line.Kind.ToString().ToLowerInvariant()} {line.Code}".TrimEnd())];
    }
}
