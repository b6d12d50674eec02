using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>One seed: draws a world, lets its actors act in a seeded order, and checks what came of it.</summary>
internal sealed class SimulatedRun(int seed, bool keepsText = false)
{
    private readonly History _history = new(keepsText);
    private readonly List<Task> _tasks = [];
    private readonly List<SubscriberActor> _clients = [];
    private readonly Random _random = new(seed);

    public Branches Branches { get; } = new();

    public History History => _history;

    /// <summary>Runs to the end, on this thread.</summary>
    public void Execute()
    {
        var before = SynchronizationContext.Current;
        var scheduler = new SeededScheduler(seed);
        var time = new SimulatedTime();
        SynchronizationContext.SetSynchronizationContext(scheduler);
        using var world = new World(seed, time, scheduler.Work, _history);
        try
        {
            scheduler.Interleaved = () => Intrude(world);
            Start(world);
            Live(world, scheduler, time);
            Quiet(world, scheduler, time);
            End(world, scheduler, time);
            Expect.That(scheduler.Escaped is null, $"work escaped to another thread: {scheduler.Escaped}");
            _history.Add($"{scheduler.Ran} items of work, {world.Now}");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
            Branches.Add(world.Branches);
            Branches.Count(Branch.SharedItem, world.Metrics.SharedItems);
            Branches.Count(Branch.PrivateItem, world.Metrics.PrivateItems);
            Branches.Count(Branch.BodyReused, world.Metrics.BodiesReused);
        }
    }

    /// <summary>A row that is published, or an epoch that is left, between two steps of whatever runs.</summary>
    private void Intrude(World world)
    {
        if (world.IsQuiet || _random.Next(20) != 0)
            return;
        var channel = ChannelId.Parse(world.Channels[_random.Next(world.Channels.Length)]);
        if (world.Backplane.IsLossy && _random.Next(3) == 0)
        {
            world.Backplane.Lose(channel, _random);
            return;
        }

        var row = new Rows([new RowField("v")], [new Column([world.NextSerial()])]);
        _tasks.Add(world.Node.Ingest.PublishAsync(channel, row, CancellationToken.None).AsTask());
    }

    private void Start(World world)
    {
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            world.Enter();
            _tasks.Add(new PublisherActor(world, 100 + i).RunAsync());
        }

        if (_random.Next(3) == 0)
        {
            world.Enter();
            _tasks.Add(new OperatorActor(world, 200).RunAsync());
        }

        if (world.Backplane.IsLossy)
        {
            world.Enter();
            _tasks.Add(new DisasterActor(world, 300).RunAsync());
        }

        for (var i = _random.Next(1, 6); i > 0; i--)
        {
            world.Enter();
            var client = new SubscriberActor(world, i);
            _clients.Add(client);
            _tasks.Add(client.RunAsync());
        }
    }

    private void Live(World world, SeededScheduler scheduler, SimulatedTime time)
    {
        for (var step = 0; world.Busy > 0; step++)
        {
            Expect.That(step < 100_000, $"{world.Busy} actors do not come to an end");
            scheduler.Run(_random.Next(1, 30));
            RequireNoFailure(world);
            if (scheduler.IsIdle || _random.Next(4) == 0)
                time.Advance(TimeSpan.FromMilliseconds(_random.Next(10) switch { < 6 => _random.NextDouble() * 4, < 9 => _random.Next(5, 60), _ => _random.Next(60, 1_000) }));
        }
    }

    private void Quiet(World world, SeededScheduler scheduler, SimulatedTime time)
    {
        // The longest wait is a slow client's: twice the longest interval.
        world.IsQuiet = true;
        Settle(world, scheduler, time);
        var late = new SubscriberActor(world, 50);
        _clients.Add(late);
        _tasks.Add(late.FollowAsync());
        Settle(world, scheduler, time);
        var checks = new QuietChecks(world);
        foreach (var client in _clients)
            checks.Check(client);
    }

    private void Settle(World world, SeededScheduler scheduler, SimulatedTime time)
    {
        for (var step = 0; step < 40; step++)
        {
            Drain(world, scheduler);
            time.Advance(TimeSpan.FromMilliseconds(125));
        }

        Drain(world, scheduler);
    }

    private void Drain(World world, SeededScheduler scheduler)
    {
        scheduler.Run(1_000_000);
        Expect.That(scheduler.IsIdle, "work makes work without end");
        RequireNoFailure(world);
    }

    private void End(World world, SeededScheduler scheduler, SimulatedTime time)
    {
        world.EndAll();
        Settle(world, scheduler, time);
        Expect.That(_tasks.TrueForAll(task => task.IsCompleted), "a client waits although its query was cancelled");
        var shown = new ShownChecks(world.Truth);
        foreach (var client in _clients)
            shown.Check(client.Model, world.IsCapacityExact && !world.Backplane.IsLossy);

        var status = world.Node.Status();
        var left = (status.Queries, status.Feeds, status.FollowedChannels, status.Timers, status.PendingRows);
        Expect.That(left == (0, 0, 0, 0, 0), $"left over: {left.Queries} queries, {left.Feeds} feeds, {left.FollowedChannels} followed channels, {left.Timers} timers, {left.PendingRows} pending rows");
        Expect.That(world.Node.Registry.Channels.All(channel => channel.MemberCount == 0), "a channel still has a feed's member");
        Expect.That(time.Armed == 1, $"{time.Armed} timers run; the sweep's alone should");
    }

    private void RequireNoFailure(World world)
    {
        if (world.Backplane.Broken is { } broken)
            throw broken;
        foreach (var task in _tasks.Where(task => task.IsFaulted))
            task.GetAwaiter().GetResult();
    }
}
