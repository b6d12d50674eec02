using HubServer.Core;
using HubServer.Core.Tests.Simulation;
using HubServer.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Redis.Tests;

/// <summary>The property test of the engine on real threads, over Redis.</summary>
public sealed class ThreadedTests
{
    private const int Worlds = 40;
    private const int WorldsAtOnce = 6;

    [Fact]
    public async Task ManyThreads_OverRedis_ShowEachSubscriberWhatWasPublished()
    {
        await using var server = await RedisServer.StartAsync();
        await Parallel.ForEachAsync(Enumerable.Range(1, Worlds), new ParallelOptions { MaxDegreeOfParallelism = WorldsAtOnce }, async (seed, _) =>
        {
            var backplanes = new List<RedisBackplane>();
            try
            {
                await new ThreadedRun(seed, Create).ExecuteAsync();
            }
            catch (Exception failure)
            {
                throw new BrokenPromiseException($"world {seed}: {failure}");
            }
            finally
            {
                foreach (var backplane in backplanes)
                    await backplane.DisposeAsync();
            }

            IBackplane Create(HubServerOptions options)
            {
                options.Backplane.Redis = new RedisOptions { ConnectionString = $"127.0.0.1:{server.Port}", Prefix = $"world{seed}", KeepUnread = TimeSpan.FromMilliseconds(50) };
                backplanes.Add(new RedisBackplane(options, new HubServerMetrics(), TimeProvider.System, NullLogger<RedisBackplane>.Instance));
                return backplanes[^1];
            }
        });
    }
}
