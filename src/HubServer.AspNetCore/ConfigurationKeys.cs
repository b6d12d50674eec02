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
/// <remarks>
/// Runs before the binder, which stops at the first value that it cannot read and says so in the words of the runtime.
/// </remarks>
internal sealed class ConfigurationKeys<TOptions>(IConfiguration configuration) : IConfigureOptions<TOptions>
    where TOptions : class
{
    /// <summary>What other options than <see cref="HubServerOptions"/> have below the section, and the program's own key.</summary>
    private static readonly Dictionary<string, Type> Others = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Transport"] = typeof(TransportOptions),
        ["Sources"] = typeof(SourcesOptions),
        ["PathBase"] = typeof(string),
    };

    public void Configure(TOptions options)
    {
        var failures = new List<string>();
        var known = KeysOf(typeof(HubServerOptions));
        foreach (var (key, type) in Others)
            known.Add(key, type);
        var section = configuration.GetSection(HubServerOptions.Section);
        RequireNoValue(section, failures);
        Check(section, known, failures);
        if (failures.Count > 0)
            throw new OptionsValidationException(Options.DefaultName, typeof(TOptions), failures);
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

        RequireNoValue(section, failures);
        if (typeof(IDictionary).IsAssignableFrom(type))
            return;
        if (typeof(IEnumerable).IsAssignableFrom(type))
            section.GetChildren().ToList().ForEach(item => Check(item, type.GetGenericArguments()[0], failures));
        else
            Check(section, KeysOf(type), failures);
    }

    private static void RequireNoValue(IConfigurationSection section, List<string> failures)
    {
        if (!string.IsNullOrEmpty(section.Value))
            failures.Add($"{section.Path} is '{section.Value}'; it is not a value but has others below it, such as {section.Path}:{ExampleBelow(section)}");
    }

    private static string ExampleBelow(IConfigurationSection section) => section.Key == "Rules" ? "0:Match" : section.Key == HubServerOptions.Section ? "Node" : "...";

    private static void CheckScalar(IConfigurationSection section, Type type, List<string> failures)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (section.GetChildren().FirstOrDefault() is { } below)
            failures.Add($"{below.Path} is no option; {section.Path} is a single value");
        else if (section.Value is { } value && !IsReadable(value, type))
            failures.Add($"{section.Path} is '{value}'; it is {Describe(type)}");
    }

    /// <summary>A bare number would be days, where whoever writes it means seconds.</summary>
    private static bool IsReadable(string value, Type type)
    {
        if (type == typeof(string))
            return true;
        if (type == typeof(TimeSpan) && !value.Contains(':', StringComparison.Ordinal))
            return false;
        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value) is not null;
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentException or OverflowException)
        {
            return false;
        }
    }

    private static string Describe(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "true or false",
        TypeCode.Int32 => $"a whole number of at most {int.MaxValue}",
        TypeCode.Int64 => $"a whole number of at most {long.MaxValue}",
        _ when type == typeof(TimeSpan) => "a time: 00:00:05 is five seconds, 5.00:00:00 five days",
        _ => $"a {type.Name}",
    };

    private static Dictionary<string, Type> KeysOf(Type options) => options
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .ToDictionary(property => property.Name, property => property.PropertyType, StringComparer.OrdinalIgnoreCase);

    private static bool IsScalar(Type type) =>
        type == typeof(string) || (Nullable.GetUnderlyingType(type) ?? type) is { IsValueType: true };
}
