using HubServer.Fixtures;

namespace HubServer.Client.Tests.Soak;

/// <summary>What a program's memory was at each of its samples, in MiB.</summary>
internal sealed class Memory
{
    private readonly List<double> _samples = [];

    /// <summary>The samples' largest of the first half and of the second: what grows for ever is larger in the second.</summary>
    public double[] Halves => [Mib(_samples.Take(_samples.Count / 2).Max()), Mib(_samples.Skip(_samples.Count / 2).Max())];

    /// <summary>What is left of this program's heap when everything that nobody holds is gone.</summary>
    public static long HeapBytes()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>The physical memory that a node takes.</summary>
    public static async Task<double> BytesOfAsync(NodeProcess node) => (await node.MetricsAsync()).Sum("dotnet_process_memory_working_set_bytes");

    public static double Mib(double bytes) => Math.Round(bytes / (1 << 20), 2);

    public void Add(double bytes) => _samples.Add(bytes);
}
