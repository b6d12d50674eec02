using HubServer.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Sources;

/// <summary>Adds the built-in sources to an application.</summary>
internal static class SourcesRegistration
{
    /// <summary>Binds and validates <see cref="SourcesOptions"/> and adds the sources; one that is disabled does nothing.</summary>
    public static IServiceCollection AddHubServerSources(this IServiceCollection services)
    {
        services.AddOptions<SourcesOptions>().BindConfiguration(SourcesOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SourcesOptions>, SourcesOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new SourceLoop(
            provider.GetRequiredService<Ingest>().PublishAsync,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SourceLoop>>()));
        services.AddHostedService<HostSource>();
        services.AddHostedService<SimulateSource>();
        return services;
    }
}
