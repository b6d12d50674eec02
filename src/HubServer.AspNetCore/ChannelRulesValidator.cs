using HubServer.Core;
using HubServer.Protocol;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore;

/// <summary>Checks what the options of channels have to do with each other, and that every rule has a selector that can be read.</summary>
internal sealed class ChannelRulesValidator : IValidateOptions<HubServerOptions>
{
    private const string Key = $"{HubServerOptions.Section}:Channels";

    public ValidateOptionsResult Validate(string? name, HubServerOptions options)
    {
        var failures = new List<string>();
        var channels = options.Channels;
        RequireAtMost($"{Key}:Capacity", channels.Capacity, channels.MaxCapacity, failures);
        for (var i = 0; i < channels.Rules.Count; i++)
        {
            RequireAtMost($"{Key}:Rules:{i}:Capacity", channels.Rules[i].Capacity ?? 1, channels.MaxCapacity, failures);
            foreach (var (field, unit) in channels.Rules[i].Units)
            {
                if (unit.Length > channels.MaxFieldNameLength)
                    failures.Add($"{Key}:Rules:{i}:Units:{field} has {unit.Length} characters; it has at most {channels.MaxFieldNameLength} ({Key}:MaxFieldNameLength)");
            }

            var match = channels.Rules[i].Match;
            try
            {
                Selector.Parse(match);
            }
            catch (ProtocolException error)
            {
                failures.Add($"{Key}:Rules:{i}:Match is '{match}'; it must be a selector such as plant/*/temp or cpu{{host=\"a\"}} ({error.Message})");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void RequireAtMost(string key, int capacity, int most, List<string> failures)
    {
        if (capacity > most)
            failures.Add($"{key} is {capacity}; it is at most {Key}:MaxCapacity, {most}");
    }
}
