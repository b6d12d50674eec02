using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>
/// A deployment of 50,000 channels. The figures are printed with <c>-showLiveOutput</c>; the bounds are several times what
/// is wanted, since a busy machine is no judge: that is <c>tests/Benchmarks directory</c>.
/// </summary>
public sealed class ManyChannelsTests(RedisFixture.Shared shared, ITestOutputHelper output) : RedisFixture(shared)
{
    private const int Channels = 50_000;
    private const int Repeats = 7;
    private static readonly TimeSpan MaxStart = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MaxPage = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxJoin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Deployment_Of50000Channels_IsThereSoonAndListedAndJoinedAtOnce()
    {
        await using (var first = await RedisNode.StartAsync(Server.Port, Prefix, DefaultPartitions))
            await ManyChannels.WriteAsync(first.Node, first.Backplane, Redis, Prefix, Channels);

        var a = await StartNodeAsync(configure: DefaultPartitions);
        var started = TimeProvider.System.GetTimestamp();
        var b = await StartNodeAsync(configure: DefaultPartitions);
        var start = TimeProvider.System.GetElapsedTime(started);
        Assert.Equal((Channels, 0L), (b.Registry.Count, b.Node.Status().RingBytes));

        var pages = new List<TimeSpan>();
        for (var i = 0; i < Repeats; i++)
            pages.Add(await TimeAsync(() => Task.FromResult(b.Node.List(new ListRequest { Limit = 1_000 }))));

        var chart = await OpenChartAsync(b, "late/*");
        var joins = new List<TimeSpan>();
        for (var i = 0; i < Repeats; i++)
        {
            var channel = $"late/{i}";
            joins.Add(await TimeAsync(async () =>
            {
                await a.PublishAsync(channel, i);
                await chart.ShowsAsync(channel, i);
            }));
        }

        output.WriteLine(FormattableString.Invariant($"{Channels} channels: start {start.TotalMilliseconds:F0} ms, page of 1,000 {Median(pages):F1} ms, join {Median(joins):F1} ms (medians of {Repeats})"));
        Assert.True(start < MaxStart, $"the start took {start}");
        Assert.True(Median(pages) < MaxPage.TotalMilliseconds, $"a page took {Median(pages)} ms");
        Assert.True(Median(joins) < MaxJoin.TotalMilliseconds, $"to join took {Median(joins)} ms");
    }

    private static void DefaultPartitions(HubServerOptions options) => options.Partitions = new HubServerOptions().Partitions;

    private static async Task<TimeSpan> TimeAsync(Func<Task> action)
    {
        var started = TimeProvider.System.GetTimestamp();
        await action();
        return TimeProvider.System.GetElapsedTime(started);
    }

    private static double Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2).TotalMilliseconds;
}
