using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// Notices a client that is lapped twice in a row. Serving it at half its rate costs fewer and larger items, which is
/// what a slow socket can best take; ten items without a lap end that.
/// </summary>
internal sealed class LapPolicy
{
    private const int LapsToSlow = 2;
    private const int CleanToRecover = 10;

    private int _laps;
    private int _clean;

    /// <summary>Whether the client is served at half its rate.</summary>
    public bool IsSlow { get; private set; }

    /// <summary>Takes note of an item; whether <see cref="IsSlow"/> changed.</summary>
    public bool Count(bool lapped)
    {
        _laps = lapped ? _laps + 1 : 0;
        _clean = lapped ? 0 : _clean + 1;
        var wasSlow = IsSlow;
        IsSlow = IsSlow ? _clean < CleanToRecover : _laps >= LapsToSlow;
        return IsSlow != wasSlow;
    }

    /// <summary>What the client is told while it is slow.</summary>
    public static ItemError Error(int intervalMs) => new(
        ErrorCode.Overloaded,
        $"rows are gone before this connection takes them; it now gets an item every {intervalMs} ms. Ask for fewer channels, a longer interval, or sample",
        RetryMs: intervalMs);
}
