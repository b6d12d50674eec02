namespace HubServer.LoadTest.Fanout;

/// <summary>Measures the systems in turns, so that what else the machine does falls on all of them alike.</summary>
internal sealed class FanoutBenchmark(RunOptions options)
{
    private readonly FanoutReport _report = new(options);

    public async Task RunAsync()
    {
        var systems = Systems.All.Where(system => options.WantsSystem(system.Name)).Where(IsInstalled).ToArray();
        for (var turn = 1; turn <= options.Turns; turn++)
        {
            foreach (var load in Loads.All.Where(load => options.Wants(load.Name)))
            {
                foreach (var system in InTurn(turn, systems.Where(system => load.Concerns(system.Name))))
                    await RunAsync(turn, system, load);
                _report.Save(load);
            }
        }

        _report.Print(Console.Out);
    }

    /// <summary>A server that fails costs its own figures and not those of the others.</summary>
    private async Task RunAsync(int turn, IFanoutSystem system, FanoutLoad load)
    {
        try
        {
            await using var server = await FanoutServer.StartAsync(system, load);
            using var loop = new SocketLoop();
            await using var viewers = new ViewerSet(system, load, server, loop);
            await foreach (var (phase, result) in RunAsync(system, load, server, loop, viewers))
            {
                _report.Add(load, phase, system, result);
                Console.WriteLine($"turn {turn}, {load.Name}, {phase.Name}, {system.Name}: {result}");
            }
        }
        catch (Exception failure) when (failure is TimeoutException or InvalidOperationException or System.Net.Sockets.SocketException or HttpRequestException)
        {
            _report.AddFailure(turn, load, system, failure.Message);
            Console.WriteLine($"!! turn {turn}, {load.Name}, {system.Name} FAILED: {failure.Message}");
        }
    }

    private async IAsyncEnumerable<(Phase Phase, FanoutResult Result)> RunAsync(IFanoutSystem system, FanoutLoad load, FanoutServer server, SocketLoop loop, ViewerSet viewers)
    {
        switch (load.Kind)
        {
            case TurnKind.Join:
                yield return await new JoinTurn(system, load, options, server, loop, viewers).RunAsync();
                break;
            case TurnKind.Idle:
                yield return await new IdleTurn(system, load, options, server, loop, viewers).RunAsync();
                break;
            default:
                await foreach (var result in new LiveTurn(system, load, options, server, loop, viewers).RunAsync())
                    yield return result;
                break;
        }
    }

    private bool IsInstalled(IFanoutSystem system)
    {
        if (system.InstallCommand is not { } command)
            return true;
        _report.AddMissing(system, command);
        Console.WriteLine($"!! {system.Name} IS NOT MEASURED since it is not installed: {command}");
        return false;
    }

    /// <summary>Each turn begins with another system, and every second one goes backwards.</summary>
    private static IEnumerable<IFanoutSystem> InTurn(int turn, IEnumerable<IFanoutSystem> systems)
    {
        var all = systems.ToArray();
        var first = all.Length == 0 ? 0 : (turn - 1) / 2 % all.Length;
        IFanoutSystem[] rotated = [.. all[first..], .. all[..first]];
        return turn % 2 == 0 ? rotated.Reverse() : rotated;
    }
}
