namespace HubServer.LoadTest.Fanout;

/// <summary>
/// The time of rows: the process's own clock, which no one sets, put where a moment in milliseconds since 1970 lies, so
/// that servers have as many digits to carry as in real life.
/// </summary>
internal static class Stamp
{
    private const double Base = 1_700_000_000_000;
    private const double Hundredths = 100;

    public static double Now() => Base + Clock.Milliseconds();

    /// <summary>Cut to what is sent.</summary>
    public static double Round(double stamp) => Math.Floor(stamp * Hundredths) / Hundredths;
}
