using HubServer.Core;

namespace HubServer.AspNetCore.Sources;

/// <summary>The counters of one round, kept until the next one so that rates can be taken between the two.</summary>
internal sealed record HostCounters(
    long Timestamp,
    Dictionary<string, CpuTimes> Cores,
    Dictionary<string, DiskCounters> Disks,
    Dictionary<string, NetworkCounters> Networks,
    ProcessNumbers Process,
    NodeStatus? Hub);
