using System.Globalization;

namespace HubServer.AspNetCore.Sources;

/// <summary>The tasks that ran or waited to run, on average over 1, 5 and 15 minutes, and those that run now.</summary>
internal readonly record struct LoadAverage(double Load1, double Load5, double Load15, double Running)
{
    /// <summary>Parses <c>/proc/loadavg</c>, <c>0.02 0.03 0.00 1/84 3849</c>; null where it is anything else.</summary>
    public static LoadAverage? Parse(ReadOnlySpan<char> text)
    {
        Span<double> loads = stackalloc double[3];
        foreach (ref var load in loads)
        {
            if (!TryParse(ProcText.NextWord(ref text), out load))
                return null;
        }

        var tasks = ProcText.NextWord(ref text);
        var slash = tasks.IndexOf('/');
        if (slash < 0 || !TryParse(tasks[..slash], out var running))
            return null;
        return new LoadAverage(loads[0], loads[1], loads[2], running);
    }

    private static bool TryParse(ReadOnlySpan<char> word, out double number) =>
        double.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
}
