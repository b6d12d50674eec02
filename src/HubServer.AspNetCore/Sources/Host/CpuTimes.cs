namespace HubServer.AspNetCore.Sources;

/// <summary>How long a core was in each state since the machine started, in clock ticks.</summary>
internal readonly record struct CpuTimes(ulong User, ulong System, ulong Idle, ulong IoWait, ulong Steal)
{
    /// <summary>
    /// Parses <c>/proc/stat</c>, whose lines are <c>cpu0 user nice system idle iowait irq softirq steal guest
    /// guest_nice</c> (proc_stat(5); kernels before 2.6 have the first four). Keys are core numbers, and <c>all</c>.
    /// </summary>
    public static Dictionary<string, CpuTimes> Parse(ReadOnlySpan<char> text)
    {
        var cores = new Dictionary<string, CpuTimes>();
        Span<ulong> ticks = stackalloc ulong[8];
        foreach (var line in text.EnumerateLines())
        {
            // The cores come first, and the line of interrupts after them can be many kilobytes long.
            if (!line.StartsWith("cpu"))
                break;

            var rest = line["cpu".Length..];
            var core = rest.StartsWith(' ') ? "all" : ProcText.NextWord(ref rest).ToString();
            ticks.Clear();
            if (ProcText.ReadNumbers(rest, ticks) < 4)
                continue;

            // Time in guests is part of user and nice already.
            cores[core] = new CpuTimes(ticks[0] + ticks[1], ticks[2] + ticks[5] + ticks[6], ticks[3], ticks[4], ticks[7]);
        }

        return cores;
    }

    /// <summary>The shares of the time since an earlier reading; all null where a counter went backwards or none moved.</summary>
    public CpuShares Since(CpuTimes last)
    {
        if (User < last.User || System < last.System || Idle < last.Idle || Steal < last.Steal)
            return default;

        // "The iowait field may decrease in certain conditions" (proc_stat(5)) on a machine where nothing is wrong.
        var ioWaitWentBack = IoWait < last.IoWait;
        var ioWait = ioWaitWentBack ? 0 : IoWait - last.IoWait;
        var user = User - last.User;
        var system = System - last.System;
        var busy = user + system + (Steal - last.Steal);
        double total = busy + (Idle - last.Idle) + ioWait;
        if (total == 0)
            return default;

        return new CpuShares(100 * busy / total, 100 * user / total, 100 * system / total, ioWaitWentBack ? null : 100 * ioWait / total);
    }
}
