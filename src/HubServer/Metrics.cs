using HubServer.Core;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace HubServer;

/// <summary>
/// Serves the instruments of HubServer, its connections, its requests and its runtime at <c>/metrics</c>, for Prometheus.
/// An application that embeds HubServer chooses its own exporter; the meters are there without one.
/// </summary>
internal static class Metrics
{
    private static readonly string[] Meters =
    [
        HubServerMetrics.MeterName,
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Http.Connections",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Runtime",
    ];

    public static void AddMetricsExporter(this WebApplicationBuilder builder)
    {
        var node = builder.Configuration[$"{HubServerOptions.Section}:{nameof(HubServerOptions.Node)}"] ?? new HubServerOptions().Node;
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("hubserver", serviceInstanceId: node))
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddPrometheusExporter());
    }

    public static void MapMetrics(this WebApplication app) => app.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
}
