namespace HubServer.AspNetCore.Sources;

/// <summary>What has gone through a network device since it came up; packets and errors count both directions.</summary>
internal readonly record struct NetworkCounters(ulong ReceivedBytes, ulong SentBytes, ulong Packets, ulong Errors)
{
    private const string Loopback = "lo";

    /// <summary>
    /// Parses <c>/proc/net/dev</c>, whose lines are <c>eth0: bytes packets errs drop fifo frame compressed
    /// multicast</c> received and the same eight sent, under two lines of headings, and keeps the first devices; the
    /// loopback only where there is nothing else.
    /// </summary>
    public static Dictionary<string, NetworkCounters> Parse(ReadOnlySpan<char> text, int maxDevices)
    {
        var devices = new Dictionary<string, NetworkCounters>();
        NetworkCounters? loopback = null;
        Span<ulong> numbers = stackalloc ulong[11];
        foreach (var line in text.EnumerateLines())
        {
            if (devices.Count == maxDevices)
                break;

            var colon = line.IndexOf(':');
            if (colon < 0 || ProcText.ReadNumbers(line[(colon + 1)..], numbers) < numbers.Length)
                continue;

            var name = line[..colon].Trim();
            var counters = new NetworkCounters(numbers[0], numbers[8], numbers[1] + numbers[9], numbers[2] + numbers[10]);
            if (name.SequenceEqual(Loopback))
                loopback = counters;
            else
                devices[name.ToString()] = counters;
        }

        if (devices.Count == 0 && loopback is { } only)
            devices.Add(Loopback, only);
        return devices;
    }
}
