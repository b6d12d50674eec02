using System.Globalization;
using HubServer.Protocol;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Sources;

/// <summary>Refuses options out of range with messages that name the full configuration key and the right values.</summary>
internal sealed class SourcesOptionsValidator : IValidateOptions<SourcesOptions>
{
    public ValidateOptionsResult Validate(string? name, SourcesOptions options)
    {
        var failures = new List<string>();
        CheckHost(options.Host, failures);
        CheckSimulate(options.Simulate, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckHost(HostSourceOptions host, List<string> failures)
    {
        const string Key = $"{SourcesOptions.Section}:Host";
        CheckInterval($"{Key}:Interval", host.Interval, HostSourceOptions.MinInterval, HostSourceOptions.MaxInterval, failures);
        if (host.MaxDevices is < 1 or > HostSourceOptions.MaxMaxDevices)
            failures.Add($"{Key}:MaxDevices is {host.MaxDevices}; it must be from 1 to {HostSourceOptions.MaxMaxDevices}");
    }

    private static void CheckSimulate(SimulateSourceOptions simulate, List<string> failures)
    {
        const string Key = $"{SourcesOptions.Section}:Simulate:Walks";
        if (simulate.Walks.Count > SimulateSourceOptions.MaxChannels)
            failures.Add($"{Key} has {simulate.Walks.Count} items; there can be at most {SimulateSourceOptions.MaxChannels}");

        var keys = new Dictionary<ChannelId, string>();
        for (var i = 0; i < simulate.Walks.Count; i++)
        {
            var walk = simulate.Walks[i];
            CheckInterval($"{Key}:{i}:Interval", walk.Interval, SimulateSourceOptions.MinInterval, SimulateSourceOptions.MaxInterval, failures);
            CheckChannel($"{Key}:{i}", walk, keys, failures);
        }
    }

    private static void CheckChannel(string key, SimulatedWalkOptions walk, Dictionary<ChannelId, string> keys, List<string> failures)
    {
        try
        {
            var channel = walk.ToChannelId();
            if (!keys.TryAdd(channel, key))
                failures.Add($"{key}:Channel is {channel}, which is also the channel of {keys[channel]}; each walk takes a channel of its own");
        }
        catch (ProtocolException exception)
        {
            failures.Add($"{key}:Channel is '{walk.Channel}'; it must be a channel id such as simulate{{intervalMs=\"500\"}} ({exception.Message})");
        }
    }

    // A bare number in configuration is read as days, which is why the message shows how a second is written.
    private static void CheckInterval(string key, TimeSpan value, TimeSpan min, TimeSpan max, List<string> failures)
    {
        if (value < min || value > max)
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{key} is {value:g}; it must be from {min:g} to {max:g} (hours:minutes:seconds, one second is 00:00:01)"));
    }
}
