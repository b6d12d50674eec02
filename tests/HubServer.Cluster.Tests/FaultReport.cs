using System.Globalization;
using System.Text.Json;

namespace HubServer.Cluster.Tests;

/// <summary>Prints how long a fault's recovery took, and appends it to the file that <c>HUBSERVER_FAULTS</c> names.</summary>
internal static class FaultReport
{
    private static readonly string[] Counters = ["gap_repaired", "generation_changed", "seed_accepted", "seed_refused", "foreign_refused", "duplicate_refused", "stale_schema_refused", "call_repeated", "call_failed", "parked_too_long"];

    public static async Task WriteAsync(string fault, Cluster cluster, TimeSpan recovery, TimeSpan bound, string what = "recovery")
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{fault}: {what} {recovery.TotalSeconds:0.00} s, bound {bound.TotalSeconds:0} s");
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable("HUBSERVER_FAULTS") is not { Length: > 0 } path)
            return;
        var counts = new Dictionary<string, double>();
        foreach (var counter in Counters)
            counts[counter] = await cluster.EventsAsync(counter);
        foreach (var result in new[] { "continued", "rolled_back", "reset" })
            counts[$"epoch_{result}"] = await cluster.CountAsync("hubserver_epochs_total", ("result", result));
        counts["block_parked"] = await cluster.CountAsync("hubserver_blocks_total", ("result", "parked"));
        var entry = new { fault, what, recoveryMs = Math.Round(recovery.TotalMilliseconds), boundMs = bound.TotalMilliseconds, counts };
        await File.AppendAllTextAsync(path, JsonSerializer.Serialize(entry, JsonSerializerOptions.Web) + "\n");
    }
}
