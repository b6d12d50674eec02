namespace HubServer.Client.Tests.Connections;

public sealed class BackoffTests
{
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));

    [Fact]
    public void Next_BeforeAnyFailure_DoesNotWait() => Assert.Equal(TimeSpan.Zero, _backoff.Next());

    [Fact]
    public void Most_WithEachFailure_DoublesUpToTheCap()
    {
        var most = new List<double>();
        for (var failures = 0; failures < 100; failures++)
        {
            _backoff.Fail();
            most.Add(_backoff.Most().TotalMilliseconds);
        }

        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000], most.Take(8));
        Assert.Equal(5000, most[^1]);
    }

    [Fact]
    public void Next_AfterFailures_WaitsARandomPart()
    {
        for (var failures = 0; failures < 10; failures++)
            _backoff.Fail();

        var waits = Enumerable.Range(0, 100).Select(_ => _backoff.Next()).ToList();
        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        Assert.True(waits.Distinct().Count() > 50);
    }

    [Fact]
    public void Reset_AfterFailures_StartsAgain()
    {
        _backoff.Fail();
        _backoff.Reset();

        Assert.Equal(TimeSpan.Zero, _backoff.Most());
    }
}
