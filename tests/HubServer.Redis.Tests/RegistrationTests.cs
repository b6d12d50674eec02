using HubServer.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace HubServer.Redis.Tests;

/// <summary>How an application gets the backplane, and what it is told where its connection string is wrong.</summary>
public sealed class RegistrationTests
{
    private const string Password = "hunter2";

    [Theory]
    [InlineData($"localhost:6379,pasword={Password}", "pasword")]
    [InlineData($"localhost:6379,password={Password},ssl=perhaps", "ssl")]
    [InlineData($"localhost:6379,password={Password},connectTimeout=soon", "connectTimeout")]
    [InlineData($"localhost:6379,password=x,{Password}=y", "localhost:6379")]
    [InlineData($"password={Password}", "localhost:6379")]
    [InlineData($"redis://:{Password}@localhost:6379", "localhost:6379")]
    [InlineData($"rediss://user:{Password}@redis.example.com:6380/0", "localhost:6379")]
    [InlineData($"user:{Password}@localhost:6379", "localhost:6379")]
    public void ConnectionString_ThatCannotBeRead_IsRefusedAtStartWithoutItsPassword(string connectionString, string hint)
    {
        using var services = Services(("HubServer:Backplane:Redis:ConnectionString", connectionString));

        var refused = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);

        Assert.Contains("HubServer:Backplane:Redis:ConnectionString", refused.Message, StringComparison.Ordinal);
        Assert.Contains(hint, refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Password, refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:6379")]
    [InlineData("redis-1,redis-2:6380,password=p@ss://w=rd,ssl=true,protocol=resp2,serviceName=main")]
    [InlineData("[::1]:6379,user=hub,password=x")]
    [InlineData("!/run/redis.sock")]
    public void ConnectionString_ThatCanBeRead_IsTaken(string connectionString)
    {
        using var services = Services(("HubServer:Backplane:Redis:ConnectionString", connectionString));
        services.GetRequiredService<IStartupValidator>().Validate();
    }

    [Fact]
    public async Task ConnectionString_OfTheConnectionStrings_StandsInWhereTheOwnOneIsNotSet()
    {
        await using var services = Services(("ConnectionStrings:redis", "localhost:1"));
        Assert.IsType<RedisBackplane>(services.GetRequiredService<IBackplane>());
        Assert.Equal("localhost:1", services.GetRequiredService<HubServerOptions>().Backplane.Redis.ConnectionString);
    }

    [Fact]
    public async Task Node_WithoutAConnectionString_IsAlone()
    {
        await using var services = Services();
        Assert.IsType<InMemoryBackplane>(services.GetRequiredService<IBackplane>());
    }

    private static ServiceProvider Services(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration).AddLogging().AddHubServer().AddHubServerRedis();
        return services.BuildServiceProvider();
    }
}
