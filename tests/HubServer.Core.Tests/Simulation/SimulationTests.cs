using System.Globalization;

namespace HubServer.Core.Tests.Simulation;

/// <summary>
/// The property that everything hangs on: whatever publishers and subscribers do, each subscriber is shown what was
/// published, nothing missing, nothing twice, nothing out of order, every hole announced.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 3_000;
    private const int Workers = 2;

    private static int? OnlySeed => Read("HUBSERVER_SEED");

    private static int? Read(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null;

    [Fact]
    public void AnySeed_ShowsEachSubscriberWhatWasPublished()
    {
        if (OnlySeed is { } only)
        {
            Replay(only);
            return;
        }

        var seeds = Read("HUBSERVER_SEEDS") ?? Seeds;
        var branches = new Branches();
        var failures = new SortedDictionary<int, Exception>();
        var started = TimeProvider.System.GetTimestamp();
        var next = 0;
        var threads = Enumerable.Range(0, Workers).Select(_ => new Thread(Work)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        output.WriteLine($"{seeds} seeds in {seconds:F1} s, {seeds / seconds:F0} a second: {branches}");
        if (failures.Count > 0)
            Assert.Fail(Describe(failures));
        foreach (var branch in Enum.GetValues<Branch>())
            Assert.True(branches[branch] > 0 || seeds < Seeds, $"no seed of {seeds} reached {branch}");

        void Work()
        {
            for (var seed = Interlocked.Increment(ref next); seed <= seeds && failures.Count < 20; seed = Interlocked.Increment(ref next))
            {
                var run = new SimulatedRun(seed);
                try
                {
                    run.Execute();
                }
                catch (Exception failure)
                {
                    lock (failures)
                        failures.Add(seed, failure);
                }

                branches.Add(run.Branches);
            }
        }
    }

    [Fact]
    public void SameSeed_HasTheSameHistory()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var (first, second) = (new SimulatedRun(seed), new SimulatedRun(seed));
            first.Execute();
            second.Execute();
            Assert.Equal(first.History.Hash, second.History.Hash);
        }
    }

    private void Replay(int seed)
    {
        var run = new SimulatedRun(seed, keepsText: true);
        try
        {
            run.Execute();
        }
        finally
        {
            output.WriteLine(run.History.ToString());
            output.WriteLine(run.Branches.ToString());
        }
    }

    private static string Describe(SortedDictionary<int, Exception> failures)
    {
        var (seed, failure) = failures.First();
        return $"""
            seed {seed}: {failure.Message}
            replay: HUBSERVER_SEED={seed} dotnet run -c Release --project tests/HubServer.Core.Tests -- -method "*AnySeed*" -showLiveOutput
            {failures.Count} seeds failed: {string.Join(Environment.NewLine, failures.Select(pair => $"{pair.Key}: {pair.Value.Message}"))}
            {failure.StackTrace}
            """;
    }
}
