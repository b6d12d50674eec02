namespace HubServer.Core.Tests.Channels;

public sealed class RateMeterTests
{
    [Fact]
    public void PerSecond_UnderSteadyRows_IsTheirRate()
    {
        var meter = default(RateMeter);
        for (var second = 1_000; second < 1_040; second++)
            meter.Add(second, 5);
        Assert.Equal(5, meter.PerSecond(1_040), 1.0);
    }

    [Fact]
    public void PerSecond_AfterSilence_FallsToZero()
    {
        var meter = default(RateMeter);
        meter.Add(1_000, 100);
        Assert.Equal(10, meter.PerSecond(1_000));
        Assert.Equal(5, meter.PerSecond(1_015));
        Assert.Equal(0, meter.PerSecond(1_020));
    }
}
