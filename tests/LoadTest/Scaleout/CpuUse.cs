namespace HubServer.LoadTest.Scaleout;

/// <summary>Processor time, in milliseconds.</summary>
/// <param name="Nodes">Of each node; rows are published at the first.</param>
/// <param name="Redis">Of Redis.</param>
internal sealed record CpuUse(double[] Nodes, double Redis)
{
    /// <summary>Of all together.</summary>
    public double Total => Nodes.Sum() + Redis;

    /// <summary>What was used since, for each of so many rows times 1,000.</summary>
    public CpuUse PerThousand(CpuUse before, long rows) =>
        new([.. Nodes.Zip(before.Nodes, (now, then) => (now - then) * 1_000 / rows)], (Redis - before.Redis) * 1_000 / rows);
}
