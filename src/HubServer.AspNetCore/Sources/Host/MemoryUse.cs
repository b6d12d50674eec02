namespace HubServer.AspNetCore.Sources;

/// <summary>How the machine's memory is used, in bytes; null where it is unknown.</summary>
internal readonly record struct MemoryUse(double? Used, double? Available, double? Cached, double? Total, double? SwapUsed)
{
    /// <summary>
    /// Parses <c>/proc/meminfo</c>, whose lines are <c>MemTotal:       24684084 kB</c>. Used is what is not available
    /// to a new program, so caches do not count; null where the text does not say what the machine has.
    /// </summary>
    public static MemoryUse? Parse(ReadOnlySpan<char> text)
    {
        ulong? total = null, free = null, available = null, swapTotal = null, swapFree = null;
        ulong cached = 0;
        Span<ulong> number = stackalloc ulong[1];
        foreach (var line in text.EnumerateLines())
        {
            var colon = line.IndexOf(':');
            if (colon < 0 || ProcText.ReadNumbers(line[(colon + 1)..], number) == 0)
                continue;

            var bytes = number[0] * 1024;
            switch (line[..colon])
            {
                case "MemTotal": total = bytes; break;
                case "MemFree": free = bytes; break;
                case "MemAvailable": available = bytes; break;
                case "Buffers" or "Cached" or "SReclaimable": cached += bytes; break;
                case "SwapTotal": swapTotal = bytes; break;
                case "SwapFree": swapFree = bytes; break;
            }
        }

        // Kernels before 3.14 do not estimate what is available.
        available ??= free + cached;
        if (total is null || available is null)
            return null;
        return new MemoryUse(Difference(total, available), available, cached, total, Difference(swapTotal, swapFree));
    }

    /// <summary>What the garbage collector knows, which on its first reading may be no more than the total.</summary>
    public static MemoryUse FromGarbageCollector(GCMemoryInfo info)
    {
        double total = info.TotalAvailableMemoryBytes;

        // The load is taken at a collection; before the first one there is none.
        double? used = info.MemoryLoadBytes > 0 ? Math.Min(info.MemoryLoadBytes, total) : null;
        return new MemoryUse(used, total - used, null, total, null);
    }

    private static double? Difference(ulong? whole, ulong? part) => whole is { } a && part is { } b && b <= a ? a - b : null;
}
