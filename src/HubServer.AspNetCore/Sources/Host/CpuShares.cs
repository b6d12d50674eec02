namespace HubServer.AspNetCore.Sources;

/// <summary>
/// How a core's time was spent, in percent; null where it is unknown. What is neither busy nor waiting for a disk is
/// idle; busy is user, system and what the machine's own host took away.
/// </summary>
internal readonly record struct CpuShares(double? Busy, double? User, double? System, double? IoWait);
