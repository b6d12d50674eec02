using HubServer.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a client of HubServer to an application.</summary>
public static class HubServerClientRegistration
{
    /// <summary>
    /// Adds one <see cref="HubServerClient"/> for the whole application. Its options are validated at start; it logs and
    /// tells the time as the application does, and is disposed of with it. Options may also come from
    /// <c>services.Configure&lt;HubServerClientOptions&gt;(configuration.GetSection("HubServerClient"))</c>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options, after those of the configuration.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddHubServerClient(this IServiceCollection services, Action<HubServerClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<HubServerClientOptions>().ValidateOnStart();
        if (configure is not null)
            options.PostConfigure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HubServerClientOptions>, HubServerClientOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HubServerClientOptions>, HubUrl>());
        services.TryAddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<HubServerClientOptions>>().Value.Copy();
            options.LoggerFactory ??= provider.GetService<ILoggerFactory>();
            options.TimeProvider ??= provider.GetService<TimeProvider>();
            return new HubServerClient(options);
        });
        return services;
    }
}
