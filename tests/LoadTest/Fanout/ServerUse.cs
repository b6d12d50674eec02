namespace HubServer.LoadTest.Fanout;

/// <summary>What a server has used up to a moment.</summary>
/// <param name="CpuMs">User and system time, in milliseconds.</param>
/// <param name="MemoryKb">Memory that it holds, in KB.</param>
/// <param name="Gc">What its garbage collector says; null where it has none or does not say.</param>
/// <param name="LoadCpuMs">What this program has used itself.</param>
internal sealed record ServerUse(double CpuMs, double MemoryKb, GcUse? Gc, double LoadCpuMs);
