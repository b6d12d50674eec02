using System.Diagnostics;

namespace HubServer.AspNetCore.Sources;

/// <summary>What this process uses now, and has used since it started.</summary>
internal readonly record struct ProcessNumbers(
    ulong CpuMilliseconds, ulong Collections, ulong AllocatedBytes, double WorkingSetBytes, double? HeapBytes, double Threads)
{
    /// <summary>Reads the numbers; <paramref name="stat"/> is the text of <c>/proc/self/stat</c>, empty where there is none.</summary>
    public static ProcessNumbers Read(ReadOnlySpan<char> stat) => new(
        (ulong)Environment.CpuUsage.TotalTime.TotalMilliseconds,
        (ulong)GC.CollectionCount(0),
        (ulong)GC.GetTotalAllocatedBytes(),
        Environment.WorkingSet,
        HeapOf(GC.GetTotalMemory(forceFullCollection: false)),
        ParseThreads(stat) ?? CountThreads());

    /// <summary>
    /// The heap's size as the runtime says it; null for less than nothing, which it may say while a collection runs, since it
    /// takes the free space of one moment from the size of another.
    /// </summary>
    public static double? HeapOf(long bytes) => bytes >= 0 ? bytes : null;

    /// <summary>
    /// Parses the number of threads out of <c>/proc/self/stat</c>, <c>4250 (name) R 4248 ...</c>, where it is the 20th
    /// field. The name may hold spaces and brackets, so fields are counted from behind its last bracket.
    /// </summary>
    public static double? ParseThreads(ReadOnlySpan<char> stat)
    {
        const int FieldsBetweenNameAndThreads = 17;
        var rest = stat[(stat.LastIndexOf(')') + 1)..];
        for (var i = 0; i < FieldsBetweenNameAndThreads; i++)
            ProcText.NextWord(ref rest);

        Span<ulong> threads = stackalloc ulong[1];
        return ProcText.ReadNumbers(rest, threads) == 1 ? threads[0] : null;
    }

    // Under Linux this would open two files for every thread, which is why the text above is preferred.
    private static double CountThreads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
