namespace HubServer.LoadTest;

/// <summary>Waits for what others do.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the condition holds, or fails where something ended that must not.</summary>
    public static async Task UntilAsync(Func<bool> condition, string because, params Task[] running)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
                throw new TimeoutException($"after {Deadline.TotalSeconds} s still not: {because}");
            foreach (var one in running)
            {
                if (one.IsCompleted)
                    await one;
            }

            await Task.Delay(Step, TimeProvider.System);
        }
    }
}
