using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HubServer.ScaleoutBenchmark;

/// <summary>A node of the baseline: a hub and SignalR's own backplane.</summary>
internal static class BaselineNode
{
    /// <summary>The argument that makes this program one.</summary>
    public const string Command = "baseline-node";

    private const int MaxMessageBytes = 1 << 20;

    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSignalR(static options => options.MaximumReceiveMessageSize = MaxMessageBytes)
            .AddMessagePackProtocol()
            .AddStackExchangeRedis(builder.Configuration["redis"] ?? throw new ArgumentException("--redis is missing"));
        var app = builder.Build();
        app.MapHub<BaselineHub>("/hub", static options => options.Transports = HttpTransportType.WebSockets);
        app.MapGet("/readyz", static () => Results.Ok());
        await app.RunAsync();
    }
}
