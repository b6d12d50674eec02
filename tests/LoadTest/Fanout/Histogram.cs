namespace HubServer.LoadTest.Fanout;

/// <summary>How often latencies came, in steps of 0.05 ms up to 10 s; what took longer counts as that.</summary>
internal sealed class Histogram
{
    private const double StepsPerMs = 20;
    private const int Steps = 200_000;

    private readonly int[] _counts = new int[Steps + 1];
    private long _count;

    public void Add(double milliseconds)
    {
        _counts[(int)Math.Clamp(milliseconds * StepsPerMs, 0, Steps)]++;
        _count++;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        _count = 0;
    }

    /// <summary>The latency that this share of all had at most, to the end of its step; NaN where there are none.</summary>
    public double At(double share)
    {
        if (_count == 0)
            return double.NaN;
        var left = (long)Math.Ceiling(_count * share);
        var step = -1;
        while (left > 0)
            left -= _counts[++step];
        return (step + 1) / StepsPerMs;
    }
}
