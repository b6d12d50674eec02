using Microsoft.Extensions.Time.Testing;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Backplane;

public sealed class RetryWindowTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RetryWindow _window;

    public RetryWindowTests() => _window = new RetryWindow(new PublishOptions { MaxRetries = 2, RetryWindow = TimeSpan.FromMinutes(1) }, _time);

    [Fact]
    public void Find_AfterTheWindow_Forgets()
    {
        Remember("p", 1);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.NotNull(Find("p", 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(Find("p", 1));
    }

    [Fact]
    public void Find_WhenAnotherPublisherIsBusy_StillKnowsTheQuietOne()
    {
        Remember("quiet", 1);
        for (var sequence = 1; sequence <= 10; sequence++)
            Remember("busy", sequence);
        Assert.NotNull(Find("quiet", 1));
        Assert.NotNull(Find("busy", 10));
    }

    [Fact]
    public void Find_WithMorePublishersThanTheLimit_ForgetsTheOldest()
    {
        Remember("p", 1);
        Remember("q", 1);
        Remember("p", 2);
        Remember("r", 1);
        Assert.Null(Find("q", 1));
        Assert.NotNull(Find("p", 2));
        Assert.NotNull(Find("r", 1));
    }

    private void Remember(string publisher, long sequence) =>
        _window.Remember(Block("a", publisherId: publisher, sequence: sequence), new AppendResult(AppendStatus.Appended, "e1", sequence));

    private AppendResult? Find(string publisher, long sequence) => _window.Find(Block("a", publisherId: publisher, sequence: sequence));
}
