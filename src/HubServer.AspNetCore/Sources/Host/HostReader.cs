using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Sources;

/// <summary>
/// Reads the numbers of this machine and of the hub on it, one round at a time, and keeps the last round's counters for
/// the rates. What a system does not tell (most of it where there is no <c>/proc</c>) is left out.
/// </summary>
/// <remarks>
/// Every channel has the label <c>host</c>, and <c>node</c> where the node is called otherwise than its machine: nodes of
/// one machine that share their channels would else write into the same ones, three rows where one is meant.
/// </remarks>
internal sealed class HostReader(TimeProvider timeProvider, string node, int maxDevices, string procPath = "/proc", Func<NodeStatus>? status = null)
{
    private readonly KeyValuePair<string, string>[] _own = node == Environment.MachineName
        ? [KeyValuePair.Create("host", Environment.MachineName)]
        : [KeyValuePair.Create("host", Environment.MachineName), KeyValuePair.Create("node", node)];

    private HostCounters? _last;

    /// <summary>
    /// One row for each channel. A channel of nothing but rates begins with the second round in which its device is
    /// there.
    /// </summary>
    public IReadOnlyList<(ChannelId Channel, Rows Rows)> ReadRound()
    {
        var time = timeProvider.GetUtcNow();
        var now = new HostCounters(
            timeProvider.GetTimestamp(),
            CpuTimes.Parse(ReadProc("stat")),
            DiskCounters.Parse(ReadProc("diskstats"), maxDevices),
            NetworkCounters.Parse(ReadProc("net/dev"), maxDevices),
            ProcessNumbers.Read(ReadProc("self/stat")),
            status?.Invoke());

        var round = new List<Reading>();
        AddMemory(round, time);
        AddLoad(round, time);
        AddProcess(round, time, now);
        AddHub(round, time, now);
        if (_last is { } last)
        {
            AddCores(round, time, last, now);
            AddDisks(round, time, last, now);
            AddNetworks(round, time, last, now);
        }

        _last = now;
        return [.. round.Select(reading => reading.ToRows())];
    }

    private void AddMemory(List<Reading> round, DateTimeOffset time)
    {
        var memory = MemoryUse.Parse(ReadProc("meminfo")) ?? MemoryUse.FromGarbageCollector(GC.GetGCMemoryInfo());
        round.Add(new Reading(Channel("memory"), time)
            .With("used", memory.Used, "bytes")
            .With("available", memory.Available, "bytes")
            .With("cached", memory.Cached, "bytes")
            .With("total", memory.Total, "bytes")
            .With("swapUsed", memory.SwapUsed, "bytes"));
    }

    private void AddLoad(List<Reading> round, DateTimeOffset time)
    {
        if (LoadAverage.Parse(ReadProc("loadavg")) is not { } load)
            return;

        round.Add(new Reading(Channel("load"), time)
            .With("load1", load.Load1)
            .With("load5", load.Load5)
            .With("load15", load.Load15)
            .With("running", load.Running));
    }

    // A fully used core is 100 percent, as in top, so the process can have more.
    private void AddProcess(List<Reading> round, DateTimeOffset time, HostCounters now)
    {
        var process = now.Process;
        var last = _last?.Process ?? process;
        var elapsed = Elapsed(_last ?? now, now);
        round.Add(new Reading(Channel("process", "name", "hubserver"), time)
            .With("cpu", Rate.PerSecond(last.CpuMilliseconds, process.CpuMilliseconds, elapsed) / 10, "percent")
            .With("workingSet", process.WorkingSetBytes, "bytes")
            .With("gcHeap", process.HeapBytes, "bytes")
            .With("threads", process.Threads)
            .With("collections", Rate.PerSecond(last.Collections, process.Collections, elapsed), "cps")
            .With("allocated", Rate.PerSecond(last.AllocatedBytes, process.AllocatedBytes, elapsed), "binBps"));
    }

    private void AddHub(List<Reading> round, DateTimeOffset time, HostCounters now)
    {
        if (now.Hub is not { } hub)
            return;

        var last = _last?.Hub ?? hub;
        var elapsed = Elapsed(_last ?? now, now);
        round.Add(new Reading(Channel("hub"), time)
            .With("rowsIn", Rate.PerSecond((ulong)last.RowsIn, (ulong)hub.RowsIn, elapsed), "rowsps")
            .With("rowsOut", Rate.PerSecond((ulong)last.RowsOut, (ulong)hub.RowsOut, elapsed), "rowsps")
            .With("connections", hub.Connections)
            .With("queries", hub.Queries)
            .With("feeds", hub.Feeds)
            .With("channels", hub.Channels)
            .With("pendingRows", hub.PendingRows)
            .With("ringBytes", hub.RingBytes, "bytes"));
    }

    private void AddCores(List<Reading> round, DateTimeOffset time, HostCounters last, HostCounters now)
    {
        foreach (var (core, times) in now.Cores)
        {
            if (!last.Cores.TryGetValue(core, out var lastTimes))
                continue;

            var shares = times.Since(lastTimes);
            round.Add(new Reading(Channel("cpu", "core", core), time)
                .With("busy", shares.Busy, "percent")
                .With("user", shares.User, "percent")
                .With("system", shares.System, "percent")
                .With("iowait", shares.IoWait, "percent"));
        }
    }

    private void AddDisks(List<Reading> round, DateTimeOffset time, HostCounters last, HostCounters now)
    {
        var elapsed = Elapsed(last, now);
        foreach (var (device, disk) in now.Disks)
        {
            if (!last.Disks.TryGetValue(device, out var lastDisk))
                continue;

            round.Add(new Reading(Channel("disk", "device", device), time)
                .With("read", Rate.PerSecond(lastDisk.ReadBytes, disk.ReadBytes, elapsed), "binBps")
                .With("written", Rate.PerSecond(lastDisk.WrittenBytes, disk.WrittenBytes, elapsed), "binBps")
                .With("reads", Rate.PerSecond(lastDisk.Reads, disk.Reads, elapsed), "iops")
                .With("writes", Rate.PerSecond(lastDisk.Writes, disk.Writes, elapsed), "iops")
                .With("busy", Rate.Percent(lastDisk.BusyMilliseconds, disk.BusyMilliseconds, elapsed), "percent"));
        }
    }

    private void AddNetworks(List<Reading> round, DateTimeOffset time, HostCounters last, HostCounters now)
    {
        var elapsed = Elapsed(last, now);
        foreach (var (device, network) in now.Networks)
        {
            if (!last.Networks.TryGetValue(device, out var lastNetwork))
                continue;

            round.Add(new Reading(Channel("network", "device", device), time)
                .With("received", Rate.PerSecond(lastNetwork.ReceivedBytes, network.ReceivedBytes, elapsed), "binBps")
                .With("sent", Rate.PerSecond(lastNetwork.SentBytes, network.SentBytes, elapsed), "binBps")
                .With("packets", Rate.PerSecond(lastNetwork.Packets, network.Packets, elapsed), "pps")
                .With("errors", Rate.PerSecond(lastNetwork.Errors, network.Errors, elapsed), "cps"));
        }
    }

    private TimeSpan Elapsed(HostCounters last, HostCounters now) => timeProvider.GetElapsedTime(last.Timestamp, now.Timestamp);

    private ChannelId Channel(string name) => new(name, Labels.From(_own));

    private ChannelId Channel(string name, string label, string value) => new(name, Labels.From([.. _own, KeyValuePair.Create(label, value)]));

    // A file can be missing (another system), closed to us (a hardened container) or fail to be read; then it says nothing.
    private string ReadProc(string file)
    {
        var path = Path.Combine(procPath, file);
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
