using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HubServer.LoadTest.Baseline;

/// <summary>
/// What an application builds without HubServer: a hub behind SignalR's own backplane where it is given a Redis, and
/// otherwise groups, a stream for each subscriber and bare WebSockets, of which a turn uses one.
/// </summary>
internal static class BaselineNode
{
    /// <summary>The argument that makes this program one.</summary>
    public const string Command = "baseline-node";

    /// <summary>The path that answers 200 once it is up.</summary>
    public const string ReadyPath = "/readyz";

    private const int MaxMessageBytes = 1 << 20;

    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton<StreamFeeds>().AddSingleton<BareSockets>();
        var signalR = builder.Services.AddSignalR(static options => options.MaximumReceiveMessageSize = MaxMessageBytes).AddMessagePackProtocol();
        var redis = builder.Configuration["redis"];
        if (redis is not null)
            signalR.AddStackExchangeRedis(redis);

        var app = builder.Build();
        app.MapGet(ReadyPath, static () => Results.Ok());
        if (redis is null)
            MapFanout(app);
        else
            app.MapHub<BackplaneHub>("/hub", WebSocketsOnly);
        await app.RunAsync();
    }

    private static void MapFanout(WebApplication app)
    {
        app.UseWebSockets();
        app.MapHub<GroupsHub>("/groups", WebSocketsOnly);
        app.MapPost("/groups/{channel}", static (string channel, FanoutRow row, IHubContext<GroupsHub> hub) => hub.Clients.Group(channel).SendAsync(GroupsHub.Row, channel, row));
        app.MapHub<StreamHub>("/stream", WebSocketsOnly);
        app.MapPost("/stream/{channel}", static (string channel, FanoutRow row, StreamFeeds feeds) => feeds.Publish(channel, row));
        app.MapGet("/bare", static (HttpContext context, BareSockets sockets) => sockets.SubscribeAsync(context));
        app.MapGet("/bare-publish", static (HttpContext context, BareSockets sockets) => sockets.PublishAsync(context));
        app.MapPost("/bare/{channel}", static (HttpContext context, BareSockets sockets) => sockets.PostAsync(context));
    }

    private static void WebSocketsOnly(HttpConnectionDispatcherOptions options) => options.Transports = HttpTransportType.WebSockets;
}
