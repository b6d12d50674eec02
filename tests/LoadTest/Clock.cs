namespace HubServer.LoadTest;

/// <summary>The one clock of publishers and subscribers, which are in the same process.</summary>
internal static class Clock
{
    public static double Milliseconds() => TimeProvider.System.GetTimestamp() * 1_000.0 / TimeProvider.System.TimestampFrequency;

    public static double SecondsSince(long timestamp) => TimeProvider.System.GetElapsedTime(timestamp).TotalSeconds;
}
