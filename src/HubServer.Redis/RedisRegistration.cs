using HubServer.Core;
using HubServer.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the Redis backplane to an application.</summary>
public static class RedisRegistration
{
    private const string ConnectionName = "redis";

    /// <summary>
    /// Shares rows with other nodes through Redis, where <c>HubServer:Backplane:Redis:ConnectionString</c> or
    /// <c>ConnectionStrings:redis</c> says where it is; otherwise the node stays alone. Call it beside <c>AddHubServer()</c>.
    /// </summary>
    public static IServiceCollection AddHubServerRedis(this IServiceCollection services)
    {
        services.AddSingleton<IPostConfigureOptions<HubServerOptions>>(static provider => new PostConfigureOptions<HubServerOptions>(Options.Options.DefaultName, options =>
        {
            if (string.IsNullOrEmpty(options.Backplane.Redis.ConnectionString))
                options.Backplane.Redis.ConnectionString = provider.GetRequiredService<IConfiguration>().GetConnectionString(ConnectionName);
        }));
        services.AddSingleton<IValidateOptions<HubServerOptions>, ConnectionStringValidator>();
        services.AddSingleton(Create);
        return services;
    }

    private static IBackplane Create(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<HubServerOptions>();
        return string.IsNullOrEmpty(options.Backplane.Redis.ConnectionString)
            ? ActivatorUtilities.CreateInstance<InMemoryBackplane>(provider)
            : ActivatorUtilities.CreateInstance<RedisBackplane>(provider);
    }
}
