namespace HubServer.AspNetCore.Sources;

/// <summary>What a disk has done since the machine started.</summary>
internal readonly record struct DiskCounters(ulong Reads, ulong ReadBytes, ulong Writes, ulong WrittenBytes, ulong BusyMilliseconds)
{
    // The kernel counts in sectors of this size whatever the disk's own are (Documentation/admin-guide/iostats.rst).
    private const ulong SectorBytes = 512;

    /// <summary>
    /// Parses <c>/proc/diskstats</c>, whose lines are <c>major minor name reads merged sectors ms writes merged sectors
    /// ms inFlight busyMs ...</c>, and keeps the first disks that count: whole ones, in use, that stand for a device.
    /// </summary>
    public static Dictionary<string, DiskCounters> Parse(ReadOnlySpan<char> text, int maxDisks)
    {
        var all = ParseAll(text);
        var disks = new Dictionary<string, DiskCounters>();
        foreach (var (name, counters) in all)
        {
            if (disks.Count == maxDisks)
                break;
            if (!IsUnused(counters) && !IsMemoryOrFile(name) && !IsPartition(name, all))
                disks.Add(name, counters);
        }

        return disks;
    }

    private static Dictionary<string, DiskCounters> ParseAll(ReadOnlySpan<char> text)
    {
        var all = new Dictionary<string, DiskCounters>();
        Span<ulong> numbers = stackalloc ulong[10];
        foreach (var line in text.EnumerateLines())
        {
            var rest = line;
            ProcText.NextWord(ref rest);
            ProcText.NextWord(ref rest);
            var name = ProcText.NextWord(ref rest);

            // Kernels before 2.6.25 give a partition four numbers only; partitions are not wanted anyway.
            if (ProcText.ReadNumbers(rest, numbers) == numbers.Length)
                all[name.ToString()] = new DiskCounters(numbers[0], numbers[2] * SectorBytes, numbers[4], numbers[6] * SectorBytes, numbers[9]);
        }

        return all;
    }

    // A machine with the nbd module has sixteen disks that nothing is behind, and many have an empty drive.
    private static bool IsUnused(DiskCounters counters) => counters is { Reads: 0, Writes: 0 };

    private static bool IsMemoryOrFile(string name) => name.AsSpan().TrimEnd("0123456789") is "loop" or "ram" or "zram";

    // sda1 belongs to sda, and nvme0n1p2 to nvme0n1, whose own name ends in a digit. A partition whose disk is not
    // listed (xvda1 on some clouds) is all there is of it, and stands for a disk.
    private static bool IsPartition(string name, Dictionary<string, DiskCounters> all)
    {
        var disk = name.AsSpan().TrimEnd("0123456789");
        if (disk.Length == name.Length)
            return false;
        if (disk.Length > 1 && disk[^1] == 'p' && char.IsAsciiDigit(disk[^2]))
            disk = disk[..^1];
        return all.ContainsKey(disk.ToString());
    }
}
