using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Core;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Tests;

/// <summary>A server with a wrong option does not start, and says which one it is and what it may be.</summary>
public sealed class OptionsTests
{
    // Options without a range: a text, lists, and a dictionary.
    private static readonly string[] WithoutRange = ["Node", "Channels:Rules", "Channels:Rules:0:Match", "Channels:Rules:0:Units"];

    /// <summary>Every option that has a range, with its ends.</summary>
    public static TheoryData<string, string, string> Ranges()
    {
        var ranges = new TheoryData<string, string, string>();
        foreach (var (key, range) in FindRanges())
            ranges.Add(key, Text(range.Minimum), Text(range.Maximum));
        return ranges;
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public async Task Start_WhenAnOptionIsOutsideItsRangeOrNoNumber_NamesItsKeyAndWhatItMayBe(string key, string min, string max)
    {
        foreach (var wrong in new[] { Beyond(min, -1), Beyond(max, 1) })
        {
            var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(key, wrong));
            Assert.Contains($"The field HubServer:{key} must be between ", error.Message, StringComparison.Ordinal);
            Assert.Contains(min, error.Message, StringComparison.Ordinal);
            Assert.Contains(max, error.Message, StringComparison.Ordinal);
        }

        // What the binder cannot read it refuses by itself, except in a list, whose item it leaves out.
        var unreadable = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(key, "x"));
        Assert.Contains(key.Contains(":0:", StringComparison.Ordinal) ? $"HubServer:{key} is 'x'; it is " : $"'x' at 'HubServer:{key}'", unreadable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryOption_HasARangeThatIsChecked()
    {
        var ranged = FindRanges().Select(range => range.Key).ToHashSet();

        Assert.Empty(FindOptions().Select(option => option.Key).Where(key => !ranged.Contains(key)).Except(WithoutRange));
    }

    [Theory]
    [InlineData("Node", "", "HubServer:Node", "required")]
    [InlineData("Channels:Rules:0:Match", "", "HubServer:Channels:Rules:0:Match", "required")]
    [InlineData("Channels:Rules:0:Match", "cpu{", "HubServer:Channels:Rules:0:Match", "'cpu{', at character")]
    [InlineData("Sources:Host:Interval", "00:00:00", "HubServer:Sources:Host:Interval", "from 0:00:00.1 to 1:00:00")]
    [InlineData("Chanels:Capacity", "5", "HubServer:Chanels is no option", "those of HubServer are Channels, Node, Partitions, PathBase, Publishing, Queries, Sources, Transport")]
    [InlineData("Channels:Rules:0:Capcity", "5", "HubServer:Channels:Rules:0:Capcity is no option", "those of HubServer:Channels:Rules:0 are Capacity, ")]
    [InlineData("Channels:Capacity:Rows", "5", "HubServer:Channels:Capacity:Rows is no option", "HubServer:Channels:Capacity is a single value")]
    [InlineData("Transport", "5", "HubServer:Transport is '5'", "has others below it")]
    [InlineData("Sources:Simulate:Walks:0:Chanel", "x", "HubServer:Sources:Simulate:Walks:0:Chanel is no option", "Channel, Interval")]
    public async Task Start_WhenAnOptionIsWrong_NamesItsKeyAndWhatItMayBe(string key, string value, string fullKey, string permitted)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(key, value));

        Assert.Contains(fullKey, error.Message, StringComparison.Ordinal);
        Assert.Contains(permitted, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenSeveralOptionsAreWrong_NamesAll()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => ServerFixture.StartAsync(("Channels:Capacity", "0"), ("Queries:MaxTargets", "0"), ("Partitions", "0")));

        foreach (var key in new[] { "HubServer:Channels:Capacity", "HubServer:Queries:MaxTargets", "HubServer:Partitions" })
            Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    private static async Task StartAsync(string key, string value)
    {
        var settings = new List<(string, string)> { (key, value) };
        if (key.StartsWith("Channels:Rules:0", StringComparison.Ordinal) && !key.EndsWith(":Match", StringComparison.Ordinal))
            settings.Add(("Channels:Rules:0:Match", "*"));
        await (await ServerFixture.StartAsync([.. settings])).DisposeAsync();
    }

    private static IEnumerable<(string Key, RangeAttribute Range)> FindRanges()
    {
        foreach (var (key, property) in FindOptions())
        {
            if (property.GetCustomAttribute<RangeAttribute>() is { } range)
                yield return (key, range);
        }
    }

    private static IEnumerable<(string Key, PropertyInfo Property)> FindOptions() =>
        FindOptions("", typeof(HubServerOptions)).Concat(FindOptions("Transport:", typeof(TransportOptions)));

    private static IEnumerable<(string Key, PropertyInfo Property)> FindOptions(string prefix, Type options) =>
        options.GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property => property.PropertyType switch
        {
            { Namespace: "HubServer.Core" } section => FindOptions($"{prefix}{property.Name}:", section),
            var list when list == typeof(List<ChannelRule>) => FindOptions($"{prefix}{property.Name}:0:", typeof(ChannelRule)).Append((prefix + property.Name, property)),
            _ => [(prefix + property.Name, property)],
        });

    private static string Text(object end) => end is string time
        ? TimeSpan.Parse(time, CultureInfo.InvariantCulture).ToString()
        : Convert.ToString(end, CultureInfo.InvariantCulture) ?? "";

    /// <summary>The next value outside.</summary>
    private static string Beyond(string end, int direction) => end.Contains(':', StringComparison.Ordinal)
        ? (TimeSpan.Parse(end, CultureInfo.InvariantCulture) + TimeSpan.FromTicks(direction)).ToString()
        : (decimal.Parse(end, NumberStyles.Float, CultureInfo.InvariantCulture) + direction).ToString(CultureInfo.InvariantCulture);
}
