using HubServer.Core;
using HubServer.Protocol;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore;

/// <summary>Checks that every rule for channels has a selector that can be read.</summary>
internal sealed class ChannelRulesValidator : IValidateOptions<HubServerOptions>
{
    public ValidateOptionsResult Validate(string? name, HubServerOptions options)
    {
        var failures = new List<string>();
        for (var i = 0; i < options.Channels.Rules.Count; i++)
        {
            var match = options.Channels.Rules[i].Match;
            try
            {
                Selector.Parse(match);
            }
            catch (ProtocolException error)
            {
                failures.Add($"{HubServerOptions.Section}:Channels:Rules:{i}:Match is '{match}'; it must be a selector such as plant/*/temp or cpu{{host=\"a\"}} ({error.Message})");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
