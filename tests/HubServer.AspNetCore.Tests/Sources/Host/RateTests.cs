using HubServer.AspNetCore.Sources;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class RateTests
{
    [Theory]
    [InlineData(100, 300, 2.0, 100.0)]
    [InlineData(100, 100, 2.0, 0.0)]
    [InlineData(300, 100, 2.0, null)]
    [InlineData(4294967295, 5, 1.0, null)]
    [InlineData(100, 300, 0.0, null)]
    public void PerSecond_WhenCounterMovesOrStartsAgain_IsTheRateOrNull(ulong last, ulong now, double seconds, double? expected)
    {
        Assert.Equal(expected, Rate.PerSecond(last, now, TimeSpan.FromSeconds(seconds)));
    }

    [Theory]
    [InlineData(1000, 1250, 0.5, 50.0)]
    [InlineData(1000, 2003, 1.0, 100.0)]
    [InlineData(1000, 999, 1.0, null)]
    public void Percent_WhenClocksDiffer_StaysWithin100(ulong last, ulong now, double seconds, double? expected)
    {
        Assert.Equal(expected, Rate.Percent(last, now, TimeSpan.FromSeconds(seconds)));
    }
}
