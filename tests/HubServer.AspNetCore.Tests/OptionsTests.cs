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
    private static readonly string[] WithoutRange = ["Node", "Channels:Rules", "Channels:Rules:0:Match", "Channels:Rules:0:Units", "Backplane:Redis:ConnectionString", "Backplane:Redis:Prefix"];

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

        foreach (var unreadable in new[] { "x", "", "99999999999999999999" })
        {
            var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(key, unreadable));
            Assert.Contains($"HubServer:{key} is '{unreadable}'; it is a ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EveryOption_HasARangeThatIsChecked()
    {
        var ranged = FindRanges().Select(range => range.Key).ToHashSet();

        Assert.Empty(FindOptions().Select(option => option.Key).Where(key => !ranged.Contains(key)).Except(WithoutRange));
    }

    [Theory]
    [InlineData("Node", "", "HubServer:Node", "required")]
    [InlineData("Backplane:Redis:Prefix", "", "HubServer:Backplane:Redis:Prefix", "1 to 64 characters without white space")]
    [InlineData("Backplane:Redis:Prefix", "a b", "HubServer:Backplane:Redis:Prefix", "1 to 64 characters without white space")]
    [InlineData("Channels:Rules:0:Match", "", "HubServer:Channels:Rules:0:Match", "required")]
    [InlineData("Channels:Rules:0:Match", "cpu{", "HubServer:Channels:Rules:0:Match", "'cpu{', at character")]
    [InlineData("Channels:Rules:0:Units:value", "tooLong", "HubServer:Channels:Rules:0:Units:value has 513 characters", "at most 512 (HubServer:Channels:MaxFieldNameLength)")]
    [InlineData("Channels:Capacity", "1000001", "HubServer:Channels:Capacity is 1000001", "at most HubServer:Channels:MaxCapacity, 1000000")]
    [InlineData("Channels:Rules:0:Capacity", "1000001", "HubServer:Channels:Rules:0:Capacity is 1000001", "at most HubServer:Channels:MaxCapacity, 1000000")]
    [InlineData("Channels:Retention", "5", "HubServer:Channels:Retention is '5'", "00:00:05 is five seconds")]
    [InlineData("Channels:Rules", "[]", "HubServer:Channels:Rules is '[]'", "such as HubServer:Channels:Rules:0:Match")]
    [InlineData("Sources:Simulate:Enabled", "yes", "HubServer:Sources:Simulate:Enabled is 'yes'", "true or false")]
    [InlineData("Sources:Host:Interval", "00:00:00", "HubServer:Sources:Host:Interval", "from 0:00:00.1 to 1:00:00")]
    [InlineData("Chanels:Capacity", "5", "HubServer:Chanels is no option", "those of HubServer are Backplane, Channels, Node, Partitions, PathBase, Publishing, Queries, Sources, Transport")]
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
        var settings = new List<(string, string)> { (key, value == "tooLong" ? new string('u', 513) : value) };
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
