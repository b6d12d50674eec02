namespace HubServer.Core.Tests.Simulation;

/// <summary>The same actors on the thread pool and by the real clock, where races are real and no run repeats another.</summary>
internal sealed class ThreadedRun(int seed, Func<HubServerOptions, IBackplane>? createBackplane = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<Task> _tasks = [];
    private readonly List<SubscriberActor> _clients = [];

    public async Task ExecuteAsync()
    {
        using var world = new World(seed, TimeProvider.System, new WorkPool(), new History(keepsText: false), createBackplane) { PauseScale = 0.1 };
        await UntilAsync(() => Expect.That(world.Backplane.Status.IsReady, world.Backplane.Status.Problem ?? ""));
        for (var i = 1; i <= 3; i++)
        {
            world.Enter();
            var publisher = new PublisherActor(world, 100 + i);
            _tasks.Add(Task.Run(publisher.RunAsync));
        }

        world.Enter();
        _tasks.Add(Task.Run(new OperatorActor(world, 200).RunAsync));
        world.Enter();
        _tasks.Add(Task.Run(new DisasterActor(world, 300).RunAsync));
        for (var i = 1; i <= 4; i++)
        {
            world.Enter();
            var client = new SubscriberActor(world, i);
            _clients.Add(client);
            _tasks.Add(Task.Run(client.RunAsync));
        }

        await UntilAsync(() => Expect.That(world.Busy == 0, $"{world.Busy} actors do not come to an end"));
        world.IsQuiet = true;
        var checks = new QuietChecks(world);
        await UntilAsync(() => _clients.ForEach(checks.Check));
        world.EndAll();
        await Task.WhenAll(_tasks).WaitAsync(Patience, TimeProvider.System);

        var shown = new ShownChecks(world.Truth);
        foreach (var client in _clients)
            shown.Check(client.Model, isExact: false);
        var status = world.Node.Status();
        Expect.That((status.Queries, status.Feeds, status.FollowedChannels, status.PendingRows) == (0, 0, 0, 0), $"left over: {status}");
    }

    /// <summary>Waits until a check holds; it is tried while its clients still go on, so anything that it throws may be early.</summary>
    private async Task UntilAsync(Action check)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            foreach (var task in _tasks)
            {
                if (task.IsFaulted)
                    await task;
            }

            try
            {
                check();
                return;
            }
            catch (Exception) when (TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }
}
