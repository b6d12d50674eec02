namespace HubServer.LoadTest.Fanout;

/// <summary>What a server has used up to a moment.</summary>
/// <param name="CpuMs">User and system time, in milliseconds.</param>
/// <param name="MemoryKb">Memory that it holds, in KB.</param>
/// <param name="LoadCpuMs">What this program has used itself.</param>
internal sealed record ServerUse(double CpuMs, double MemoryKb, double LoadCpuMs);
