using HubServer.AspNetCore;
using HubServer.AspNetCore.Hubs;
using HubServer.AspNetCore.Routes;
using HubServer.AspNetCore.Sockets;
using HubServer.AspNetCore.Sources;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds HubServer to an application.</summary>
public static class HubServerRegistration
{
    /// <summary>
    /// Adds a node, its hub and its sources; <c>MapHubServer()</c> then maps the routes. Options come from the
    /// configuration section <c>HubServer</c>, are validated at start, and can be changed by <paramref name="configure"/>.
    /// </summary>
    public static IServiceCollection AddHubServer(this IServiceCollection services, Action<HubServerOptions>? configure = null)
    {
        AddConfigurationKeys(services);
        var options = services.AddOptions<HubServerOptions>().BindConfiguration(HubServerOptions.Section).ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        services.AddSingleton<IValidateOptions<HubServerOptions>>(new KeyedValidator<HubServerOptions>(new HubServerOptionsValidator(), HubServerOptions.Section));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HubServerOptions>, ChannelRulesValidator>());
        services.AddOptions<TransportOptions>().BindConfiguration(TransportOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TransportOptions>>(new KeyedValidator<TransportOptions>(new TransportOptionsValidator(), TransportOptions.Section));

        AddNode(services);
        AddHub(services);
        services.AddHubServerSources();
        services.AddSingleton<IngestRoutes>();
        services.AddSingleton<ReadRoutes>();
        services.AddSingleton<ChannelRoutes>();
        services.AddSingleton<StreamRoutes>();
        services.AddSingleton<Problems>();
        return services;
    }

    private static void AddConfigurationKeys(IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<HubServerOptions>, ConfigurationKeys<HubServerOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<TransportOptions>, ConfigurationKeys<TransportOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<SourcesOptions>, ConfigurationKeys<SourcesOptions>>());
    }

    private static void AddNode(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => new WorkPool());
        services.AddMetrics();
        services.AddSingleton<HubServerMetrics>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<HubServerOptions>>().Value);
        services.TryAddSingleton<IBackplane, InMemoryBackplane>();
        services.AddSingleton<Node>();
        services.AddSingleton(provider => provider.GetRequiredService<Node>().Ingest);
    }

    private static void AddHub(IServiceCollection services)
    {
        // SignalR reads a hub's own options only where AddHubOptions was called for it, and the general ones otherwise.
        services.AddSignalR().AddMessagePackProtocol().AddHubOptions<ServerHub>(static options => options.AddFilter<CallErrors>());
        services.AddSingleton<IConfigureOptions<HubOptions<ServerHub>>, ServerHubOptions>();
        services.AddSingleton<HubEndpoint>();

        // SignalR takes the last protocol of a name, so these stand before the stock ones and pass on to them.
        services.AddSingleton<IHubProtocol>(provider =>
            new SharedBytesHubProtocol(ActivatorUtilities.CreateInstance<JsonHubProtocol>(provider), WireFormat.Json));
        services.AddSingleton<IHubProtocol>(provider =>
            new SharedBytesHubProtocol(ActivatorUtilities.CreateInstance<MessagePackHubProtocol>(provider), WireFormat.MessagePack));
    }
}
