namespace HubServer.Core.Tests.Simulation;

/// <summary>How often each <see cref="Branch"/> was taken.</summary>
internal sealed class Branches
{
    private readonly long[] _counts = new long[Enum.GetValues<Branch>().Length];

    public long this[Branch branch] => Volatile.Read(ref _counts[(int)branch]);

    public void Count(Branch branch, long times = 1) => Interlocked.Add(ref _counts[(int)branch], times);

    public void Add(Branches other)
    {
        foreach (var branch in Enum.GetValues<Branch>())
            Count(branch, other[branch]);
    }

    public override string ToString() => string.Join(", ", Enum.GetValues<Branch>().Select(branch => $"{branch} {this[branch]}"));
}
