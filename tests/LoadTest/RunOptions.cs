using System.Globalization;

namespace HubServer.LoadTest;

/// <summary>What is run.</summary>
/// <param name="Turns">How often each system is measured at each load.</param>
/// <param name="Measured">How long a turn is measured.</param>
/// <param name="WarmUp">How long a turn runs before it is measured: on few cores it takes long until all code is compiled.</param>
/// <param name="Results">The file of the results, or the folder where there is one for each load.</param>
/// <param name="Only">The measurements that are made; empty for all.</param>
/// <param name="Systems">The systems that are measured, by the beginning of their names, or by all of it and a <c>$</c>; empty for all.</param>
/// <param name="Scale">What the numbers of viewers are multiplied with, a small one for trying the program out; null for a command without viewers.</param>
internal sealed record RunOptions(int Turns, TimeSpan Measured, TimeSpan WarmUp, string Results, string[] Only, string[] Systems, double? Scale = null)
{
    /// <summary>The options of a command in the text of how it is started.</summary>
    public string Usage => string.Create(CultureInfo.InvariantCulture, $"[--turns {Turns}] [--seconds {Measured.TotalSeconds}] [--warmup {WarmUp.TotalSeconds}] {(Scale is null ? "" : $"[--scale {Scale}] ")}[--results PATH] [--only NAME,NAME] [--systems NAME,NAME]");

    /// <summary>These options with what the arguments say; null where they are wrong.</summary>
    public RunOptions? Read(string[] args)
    {
        var options = this;
        foreach (var pair in args.Chunk(2))
        {
            if (pair is not [var name, var value])
                return null;
            switch (name)
            {
                case "--turns" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var turns) && turns > 0: options = options with { Turns = turns }; break;
                case "--seconds" when TryRead(value, out var seconds): options = options with { Measured = TimeSpan.FromSeconds(seconds) }; break;
                case "--warmup" when TryRead(value, out var seconds): options = options with { WarmUp = TimeSpan.FromSeconds(seconds) }; break;
                case "--scale" when Scale is not null && TryRead(value, out var scale): options = options with { Scale = scale }; break;
                case "--results": options = options with { Results = value }; break;
                case "--only": options = options with { Only = value.Split(',') }; break;
                case "--systems": options = options with { Systems = value.Split(',') }; break;
                default: return null;
            }
        }

        return options;
    }

    /// <summary>Whether a measurement is made.</summary>
    public bool Wants(string measurement) => Only.Length == 0 || Only.Contains(measurement);

    /// <summary>Whether a system is measured.</summary>
    public bool WantsSystem(string system) => Systems.Length == 0 || Systems.Any(name => $"{system}$".StartsWith(name, StringComparison.Ordinal));

    /// <summary>How many viewers there are instead of so many.</summary>
    public int Viewers(int count) => Math.Max(1, (int)Math.Round(count * (Scale ?? 1)));

    private static bool TryRead(string value, out double number) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out number) && number > 0;
}
