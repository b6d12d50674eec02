using System.Collections;
using System.ComponentModel;
using System.Reflection;
using HubServer.AspNetCore.Sources;
using HubServer.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore;

/// <summary>
/// Refuses configuration below <c>HubServer</c> that the binder passes over without a word: keys that are no option's
/// name, so that a misspelt limit would be its default, and items of a list in which a value cannot be read.
/// </summary>
internal sealed class ConfigurationKeys(IConfiguration configuration) : IValidateOptions<HubServerOptions>
{
    /// <summary>What other options than <see cref="HubServerOptions"/> have below the section, and the program's own key.</summary>
    private static readonly Dictionary<string, Type> Others = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Transport"] = typeof(TransportOptions),
        ["Sources"] = typeof(SourcesOptions),
        ["PathBase"] = typeof(string),
    };

    public ValidateOptionsResult Validate(string? name, HubServerOptions options)
    {
        var failures = new List<string>();
        var known = KeysOf(typeof(HubServerOptions));
        foreach (var (key, type) in Others)
            known.Add(key, type);
        Check(configuration.GetSection(HubServerOptions.Section), known, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Check(IConfigurationSection section, Dictionary<string, Type> known, List<string> failures)
    {
        foreach (var child in section.GetChildren())
        {
            if (known.TryGetValue(child.Key, out var type))
                Check(child, type, failures);
            else
                failures.Add($"{child.Path} is no option; those of {section.Path} are {string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}");
        }
    }

    private static void Check(IConfigurationSection section, Type type, List<string> failures)
    {
        if (IsScalar(type))
        {
            CheckScalar(section, type, failures);
            return;
        }

        if (!string.IsNullOrEmpty(section.Value))
            failures.Add($"{section.Path} is '{section.Value}'; it is not a value but has others below it");
        else if (typeof(IDictionary).IsAssignableFrom(type))
            return;
        else if (typeof(IEnumerable).IsAssignableFrom(type))
            section.GetChildren().ToList().ForEach(item => Check(item, type.GetGenericArguments()[0], failures));
        else
            Check(section, KeysOf(type), failures);
    }

    private static void CheckScalar(IConfigurationSection section, Type type, List<string> failures)
    {
        if (section.GetChildren().FirstOrDefault() is { } below)
            failures.Add($"{below.Path} is no option; {section.Path} is a single value");
        try
        {
            if (!string.IsNullOrEmpty(section.Value))
                TypeDescriptor.GetConverter(type).ConvertFromInvariantString(section.Value);
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentException)
        {
            var right = (Nullable.GetUnderlyingType(type) ?? type) == typeof(TimeSpan) ? "a time such as 00:00:10" : $"a value such as {Activator.CreateInstance(Nullable.GetUnderlyingType(type) ?? type)}";
            failures.Add($"{section.Path} is '{section.Value}'; it is {right}");
        }
    }

    private static Dictionary<string, Type> KeysOf(Type options) => options
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .ToDictionary(property => property.Name, property => property.PropertyType, StringComparer.OrdinalIgnoreCase);

    private static bool IsScalar(Type type) =>
        type == typeof(string) || (Nullable.GetUnderlyingType(type) ?? type) is { IsValueType: true };
}
