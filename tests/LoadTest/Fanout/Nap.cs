using System.Runtime.InteropServices;

namespace HubServer.LoadTest.Fanout;

/// <summary>Sleeps more exactly than the runtime's timers, which count in milliseconds.</summary>
internal static partial class Nap
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const double NanosecondsPerMs = 1_000_000;

    /// <summary>Holds the thread until a moment, or returns at once where it is past.</summary>
    public static void Until(double stamp)
    {
        var left = (long)((stamp - Stamp.Now()) * NanosecondsPerMs);
        if (left <= 0)
            return;
        ReadOnlySpan<long> time = [left / NanosecondsPerSecond, left % NanosecondsPerSecond]; // struct timespec
        _ = Sleep(time, 0);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Sleep(ReadOnlySpan<long> time, nint left);
}
