using HubServer.AspNetCore.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HubServer.Client.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public async Task AddHubServerClient_WithAnAddress_GivesOneClientThatWorks()
    {
        await using var server = await ServerFixture.StartAsync();
        await server.PublishAsync("c", first: 1);
        var services = new ServiceCollection().AddHubServerClient(options => options.Url = server.Url);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<HubServerClient>();

        Assert.Single((await client.ListChannelsAsync()).Channels);
        Assert.Same(client, provider.GetRequiredService<HubServerClient>());
        await provider.DisposeAsync();
        Assert.Equal(HubServerClientState.Closed, client.State);
    }

    [Fact]
    public async Task AddHubServerClient_WithAConfiguration_TakesItsOptions()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Url", "http://localhost:1"), new("MaxRetryDelay", "00:00:02")]).Build();
        var services = new ServiceCollection().AddHubServerClient(options => options.MaxBacklogBytes = 100_000).Configure<HubServerClientOptions>(configuration);
        await using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<HubServerClientOptions>>().Value;

        Assert.Equal((new Uri("http://localhost:1"), TimeSpan.FromSeconds(2), 100_000), (options.Url, options.MaxRetryDelay, options.MaxBacklogBytes));
    }

    [Fact]
    public async Task AddHubServerClient_WithoutAnAddress_FailsAtStart()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddHubServerClient();
        using var host = builder.Build();

        Assert.Contains("Url", (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())).Message);
    }

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("localhost:5080")]
    [InlineData("/hub")]
    public void New_WithAnAddressOfNoServer_NamesIt(string url)
    {
        var wrong = Assert.Throws<OptionsValidationException>(() => new HubServerClient(new HubServerClientOptions { Url = new Uri(url, UriKind.RelativeOrAbsolute) }));

        Assert.Contains(url, wrong.Message);
    }

    [Fact]
    public void New_WithAnOptionOutOfItsRange_NamesIt()
    {
        var options = new HubServerClientOptions { Url = new Uri("http://localhost"), MaxBacklogBytes = 1, MaxRetryDelay = TimeSpan.Zero };
        var wrong = Assert.Throws<OptionsValidationException>(() => new HubServerClient(options));

        Assert.Contains("MaxBacklogBytes", wrong.Message);
        Assert.Contains("MaxRetryDelay", wrong.Message);
    }
}
