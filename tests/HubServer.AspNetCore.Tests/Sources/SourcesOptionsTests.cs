using HubServer.AspNetCore.Sources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class SourcesOptionsTests
{
    [Fact]
    public void Bind_WhenNothingIsConfigured_RunsNothingAndHostWouldEverySecond()
    {
        var options = Bind();

        Assert.False(options.Host.Enabled);
        Assert.Equal(TimeSpan.FromSeconds(1), options.Host.Interval);
        Assert.False(options.Simulate.Enabled);
        Assert.Equal(
            ["simulate{intervalMs=\"500\"}", "simulate{intervalMs=\"100\"}"],
            options.Simulate.WalksOrDefault.Select(walk => walk.ToChannelId().Text));
    }

    [Fact]
    public void Bind_WhenWalksAreConfigured_ReplacesTheDefault()
    {
        var options = Bind(
            ("Simulate:Walks:0:Interval", "00:00:02"),
            ("Simulate:Walks:1:Channel", "demo{b=\"2\",a=\"1\"}"));

        Assert.Equal(
            ["simulate{intervalMs=\"2000\"}", "demo{a=\"1\",b=\"2\"}"],
            options.Simulate.WalksOrDefault.Select(walk => walk.ToChannelId().Text));
    }

    [Theory]
    [InlineData("00:00:00.100")]
    [InlineData("01:00:00")]
    public void Validate_WhenIntervalIsAtALimit_Accepts(string interval)
    {
        Validate(("Host:Interval", interval));
    }

    [Theory]
    [InlineData("Host:Interval", "00:00:00.099", "HubServer:Sources:Host:Interval is 0:00:00.099; it must be from 0:00:00.1 to 1:00:00 (hours:minutes:seconds, one second is 00:00:01)")]
    [InlineData("Host:Interval", "5", "HubServer:Sources:Host:Interval is 5:0:00:00; it must be from")]
    [InlineData("Host:Interval", "-00:00:01", "HubServer:Sources:Host:Interval is -0:00:01; it must be from")]
    [InlineData("Host:MaxDevices", "0", "HubServer:Sources:Host:MaxDevices is 0; it must be from 1 to 1000")]
    [InlineData("Simulate:Walks:0:Interval", "00:00:00.001", "HubServer:Sources:Simulate:Walks:0:Interval is 0:00:00.001; it must be from 0:00:00.01 to 1:00:00")]
    [InlineData("Simulate:Walks:0:Channel", "a{b=1}", "HubServer:Sources:Simulate:Walks:0:Channel is 'a{b=1}'; it must be a channel id such as simulate{intervalMs=\"500\"} (")]
    public void Validate_WhenOutOfRange_NamesTheKeyAndTheRightValues(string key, string value, string expected)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validate((key, value)));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WhenIntervalIsNoTime_NamesTheKey()
    {
        var exception = Assert.Throws<InvalidOperationException>(() => Validate(("Host:Interval", "often")));

        Assert.Contains("HubServer:Sources:Host:Interval", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WhenTwoWalksShareAChannel_NamesBoth()
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validate(
            ("Simulate:Walks:0:Interval", "00:00:00.5"),
            ("Simulate:Walks:1:Interval", "00:00:00.5")));

        Assert.Contains("Walks:1:Channel is simulate{intervalMs=\"500\"}, which is also the channel of HubServer:Sources:Simulate:Walks:0;", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WhenThereAreTooManyWalks_NamesTheLimit()
    {
        var walks = Enumerable.Range(0, 101).Select(i => ($"Simulate:Walks:{i}:Channel", $"walk{i}"));

        var exception = Assert.Throws<OptionsValidationException>(() => Validate([.. walks]));

        Assert.Contains("HubServer:Sources:Simulate:Walks has 101 items; there can be at most 100", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddHubServerSources_WhenCalledTwice_AddsEachSourceOnce()
    {
        var services = new ServiceCollection().AddHubServerSources().AddHubServerSources();

        Assert.Equal(
            [typeof(HostSource), typeof(SimulateSource)],
            services.Where(service => service.ServiceType == typeof(IHostedService)).Select(service => service.ImplementationType));
        Assert.Single(services, service => service.ServiceType == typeof(IValidateOptions<SourcesOptions>));
    }

    private static SourcesOptions Bind(params (string Key, string Value)[] settings)
    {
        using var provider = Provide(settings);
        return provider.GetRequiredService<IOptions<SourcesOptions>>().Value;
    }

    // What the host does before it starts the first service.
    private static void Validate(params (string Key, string Value)[] settings)
    {
        using var provider = Provide(settings);
        provider.GetRequiredService<IStartupValidator>().Validate();
    }

    private static ServiceProvider Provide((string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"HubServer:Sources:{setting.Key}", (string?)setting.Value)))
            .Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddHubServerSources().BuildServiceProvider();
    }
}
