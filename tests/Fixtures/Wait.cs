namespace HubServer.Fixtures;

/// <summary>Waits for conditions instead of sleeping.</summary>
public static class Wait
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until the condition holds; says why it should, and what is there instead, where it does not in time.</summary>
    public static Task Eventually(Func<bool> condition, string because, Func<string>? state = null, TimeSpan? deadline = null) =>
        Eventually(() => Task.FromResult(condition()), because, state, deadline);

    /// <summary>The same for a condition that has to be asked for.</summary>
    public static async Task Eventually(Func<Task<bool>> condition, string because, Func<string>? state = null, TimeSpan? deadline = null)
    {
        var limit = deadline ?? Deadline;
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > limit)
                Assert.Fail($"after {limit.TotalSeconds} s still not: {because}. {state?.Invoke()}");
            await Task.Delay(Step, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
