namespace HubServer.LoadTest.Scaleout;

/// <summary>Measures the systems in turns, so that what else the machine does falls on all of them alike.</summary>
internal sealed class ScaleoutBenchmark(RunOptions options)
{
    private static readonly Load[] Loads = [Load.Blocks, Load.Rows];

    private readonly IScaleoutSystem _product = new ProductSystem();
    private readonly Report _report = new(options);

    public async Task RunAsync()
    {
        for (var turn = 1; turn <= options.Turns; turn++)
        {
            foreach (var load in Loads.Where(load => options.Wants(load.Name)))
            {
                foreach (var system in InTurn(turn, SystemsFor(load)))
                    Note($"turn {turn}, {load.Name}, {system.Name}", _report.Add(load, system, await ThroughputTurn.RunAsync(system, load, options)));
            }

            if (options.Wants("latency"))
            {
                foreach (var system in InTurn(turn, SystemsFor(Load.Paced)))
                    Note($"turn {turn}, latency, {system.Name}", _report.Add(system, await LatencyTurn.RunAsync(system, options)));
            }

            if (options.Wants("script"))
            {
                foreach (var load in Loads)
                    Note($"turn {turn}, script, {load.Name}", _report.Add(load, await ScriptTurn.RunAsync(load, options)));
            }
        }

        _report.Print(Console.Out);
        _report.Save(options.Results);
    }

    /// <summary>The baseline's forms only differ where a block has many rows.</summary>
    private IEnumerable<IScaleoutSystem> SystemsFor(Load load)
    {
        BaselineForm[] forms = load.BlockRows > 1 ? [BaselineForm.Columns, BaselineForm.Objects, BaselineForm.Messages] : [BaselineForm.Columns];
        return forms.Select(static form => (IScaleoutSystem)new BaselineSystem(form)).Prepend(_product).Where(system => options.WantsSystem(system.Name));
    }

    /// <summary>Every second turn backwards.</summary>
    private static IEnumerable<IScaleoutSystem> InTurn(int turn, IEnumerable<IScaleoutSystem> systems) =>
        turn % 2 == 0 ? systems.Reverse() : systems;

    private static void Note(string what, object result) =>
        Console.WriteLine($"{what}: {result}");
}
