namespace HubServer.Core;

/// <summary>Rows a second over the last ten seconds. Not thread-safe: its channel locks.</summary>
internal struct RateMeter
{
    private const double WindowSeconds = 10;

    private double _windowStart;
    private long _current;
    private long _previous;

    public void Add(double nowSeconds, int rows)
    {
        Roll(nowSeconds);
        _current += rows;
    }

    /// <summary>The running window, completed by the share of the one before that still counts.</summary>
    public double PerSecond(double nowSeconds)
    {
        Roll(nowSeconds);
        var share = 1 - ((nowSeconds - _windowStart) / WindowSeconds);
        return Math.Round((_current + (_previous * share)) / WindowSeconds, 2);
    }

    private void Roll(double nowSeconds)
    {
        var windows = Math.Floor((nowSeconds - _windowStart) / WindowSeconds);
        if (windows < 1)
            return;
        _previous = windows < 2 ? _current : 0;
        _current = 0;
        _windowStart += windows * WindowSeconds;
    }
}
