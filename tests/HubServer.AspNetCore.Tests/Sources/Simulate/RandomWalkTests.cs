using HubServer.AspNetCore.Sources;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class RandomWalkTests
{
    private static readonly ChannelId Channel = ChannelId.Parse("simulate{intervalMs=\"500\"}");

    [Fact]
    public void ReadRound_EachTime_TakesASmallStep()
    {
        var values = Walk(seed: 1, rounds: 1000);

        Assert.InRange(values[0], -0.5, 100.5);
        Assert.All(values.Zip(values.Skip(1)), pair => Assert.InRange(Math.Abs(pair.Second - pair.First), 0, 0.5));
        Assert.True(values.Distinct().Count() > 990);
    }

    [Fact]
    public void ReadRound_WhenSeeded_Repeats()
    {
        Assert.Equal(Walk(seed: 7, rounds: 50), Walk(seed: 7, rounds: 50));
        Assert.NotEqual(Walk(seed: 7, rounds: 50), Walk(seed: 8, rounds: 50));
    }

    [Fact]
    public void ReadRound_EachTime_GivesTimeAndValue()
    {
        var walk = new RandomWalk(Channel, new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(42)), new Random(1));

        var (channel, rows) = Assert.Single(walk.ReadRound());

        Assert.Equal(Channel, channel);
        Assert.Equal([new RowField("time", FieldType.Time), new RowField("value", FieldType.Number)], rows.Fields);
        Assert.Equal(42, rows.Value("time"));
    }

    private static double[] Walk(int seed, int rounds)
    {
        var walk = new RandomWalk(Channel, new FakeTimeProvider(), new Random(seed));
        return [.. Enumerable.Range(0, rounds).Select(_ => walk.ReadRound()[0].Rows.Value("value").GetValueOrDefault())];
    }
}
