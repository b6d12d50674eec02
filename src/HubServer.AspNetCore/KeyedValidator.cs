using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore;

/// <summary>
/// Says what a generated validator found in the words of the configuration: it names the property,
/// <c>HubServerOptions.Channels.Rules[0].Capacity</c>, and an operator knows the key,
/// <c>HubServer:Channels:Rules:0:Capacity</c>.
/// </summary>
internal sealed partial class KeyedValidator<TOptions>(IValidateOptions<TOptions> generated, string section) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var result = generated.Validate(name, options);
        return result.Failed ? ValidateOptionsResult.Fail(result.Failures.Select(ToKey)) : result;
    }

    // A failure is "Capacity: The field HubServerOptions.Channels.Capacity must be between 1 and 10000000."
    private string ToKey(string failure)
    {
        var text = failure[(failure.IndexOf(": ", StringComparison.Ordinal) + 1)..].TrimStart();
        return PropertyPath().Replace(text, path => path.Groups[1].Value == typeof(TOptions).Name
            ? section + path.Groups[2].Value.Replace('.', ':').Replace("[", ":", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)
            : path.Value);
    }

    [GeneratedRegex(@"\b(\w+Options)((?:\.\w+|\[\d+\])+)")]
    private static partial Regex PropertyPath();
}
