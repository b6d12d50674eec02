namespace HubServer.AspNetCore.Tests.Sources;

/// <summary>Texts captured under <c>/proc</c> of a Linux 6.18 machine with two cores, shortened where lines repeat.</summary>
internal static class ProcSamples
{
    public const string Stat = """
        cpu  2889 0 1463 309003 742 0 14 12 0 0
        cpu0 1031 0 538 155499 40 0 3 4 0 0
        cpu1 1857 0 924 153503 702 0 11 7 0 0
        intr 130925 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 15 0 0 0 0 314 40 0 38 1 8076 0 727 587
        ctxt 281595
        btime 1795382632
        processes 3847
        procs_running 1
        procs_blocked 0
        softirq 84076 0 19950 3 1279 8074 0 2 32245 0 22523

        """;

    public const string MemInfo = """
        MemTotal:       24684084 kB
        MemFree:        24391264 kB
        MemAvailable:   24388436 kB
        Buffers:            3404 kB
        Cached:           196868 kB
        SwapCached:            0 kB
        Active(anon):       1524 kB
        SwapTotal:       2097148 kB
        SwapFree:        2097000 kB
        SReclaimable:      17856 kB
        SUnreclaim:        20352 kB
        HugePages_Total:       0

        """;

    public const string LoadAvg = "0.02 0.03 0.00 1/84 3849\n";

    public const string DiskStats = """
           7       0 loop0 12 0 96 1 0 0 0 0 0 1 1 0 0 0 0 0 0
           7       1 loop1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
         254       0 vda 8054 4535 1711682 14105 1114 5134 441656 1132 0 7952 15430 3106 48 39872 191 4 0
         253       0 zram0 7 0 56 0 3 0 24 0 0 1 1 0 0 0 0 0 0

        """;

    public const string NetDev = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
          ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
          eth0: 25840402     886    2    0    0     0          0         0    70514     674    1    0    0     0       0          0

        """;

    public const string SelfStat =
        "4250 (cat) R 4248 4248 2416 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 185005 3133440 416 18446744073709551615 94654213459968 0\n";
}
