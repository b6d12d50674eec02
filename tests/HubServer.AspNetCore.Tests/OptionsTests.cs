using HubServer.AspNetCore.Tests.Fixtures;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Tests;

/// <summary>A server with a wrong option does not start, and says which one it is and what it may be.</summary>
public sealed class OptionsTests
{
    [Theory]
    [InlineData("Partitions", "0", "HubServer:Partitions", "between 1 and 1024")]
    [InlineData("Node", "", "HubServer:Node", "required")]
    [InlineData("Channels:Capacity", "0", "HubServer:Channels:Capacity", "between 1 and 10000000")]
    [InlineData("Channels:Retention", "00:00:00.5", "HubServer:Channels:Retention", "between 00:00:01 and 365.00:00:00")]
    [InlineData("Channels:Rules:0:Match", "", "HubServer:Channels:Rules:0:Match", "required")]
    [InlineData("Channels:Rules:1:Match", "cpu{", "HubServer:Channels:Rules:1:Match", "'cpu{', at character")]
    [InlineData("Channels:Rules:0:Capacity", "-1", "HubServer:Channels:Rules:0:Capacity", "between 1 and 10000000")]
    [InlineData("Publishing:MaxBlockRows", "0", "HubServer:Publishing:MaxBlockRows", "between 1 and 100000")]
    [InlineData("Queries:MaxTargets", "0", "HubServer:Queries:MaxTargets", "between 1 and 10000")]
    [InlineData("Transport:MaxBodyBytes", "1023", "HubServer:Transport:MaxBodyBytes", "between 1024 and 1073741824")]
    [InlineData("Transport:SendTimeout", "00:00:00", "HubServer:Transport:SendTimeout", "between 00:00:01 and 00:10:00")]
    [InlineData("Transport:MaxBufferBytes", "1", "HubServer:Transport:MaxBufferBytes", "between 4096 and 16777216")]
    [InlineData("Sources:Host:Interval", "00:00:00", "HubServer:Sources:Host:Interval", "from 0:00:00.1 to 1:00:00")]
    [InlineData("Channels:Capacity", "many", "HubServer:Channels:Capacity", "'many'")]
    [InlineData("Transport:SendTimeout", "soon", "HubServer:Transport:SendTimeout", "'soon'")]
    public async Task Start_WhenAnOptionIsWrong_NamesItsKeyAndWhatItMayBe(string key, string value, string fullKey, string permitted)
    {
        var settings = new List<(string, string)> { (key, value) };
        if (key.StartsWith("Channels:Rules:1", StringComparison.Ordinal))
            settings.Add(("Channels:Rules:0:Match", "*"));
        else if (key.EndsWith("Rules:0:Capacity", StringComparison.Ordinal))
            settings.Add(("Channels:Rules:0:Match", "*"));

        var error = await Assert.ThrowsAnyAsync<Exception>(async () => await (await ServerFixture.StartAsync([.. settings])).DisposeAsync());

        Assert.True(error is OptionsValidationException or InvalidOperationException, error.ToString());
        Assert.Contains(fullKey, error.Message, StringComparison.Ordinal);
        Assert.Contains(permitted, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("HubServer.", error.Message.Replace("HubServer.Core", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenSeveralOptionsAreWrong_NamesAll()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => ServerFixture.StartAsync(("Channels:Capacity", "0"), ("Queries:MaxTargets", "0"), ("Partitions", "0")));

        foreach (var key in new[] { "HubServer:Channels:Capacity", "HubServer:Queries:MaxTargets", "HubServer:Partitions" })
            Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }
}
