using System.IO.Pipelines;
using HubServer.AspNetCore.Hubs;
using HubServer.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Sockets;

/// <summary>
/// The endpoint of the hub: SignalR's own in everything but one, that what the hub writes goes to its socket through
/// <see cref="SocketOutput"/>.
/// </summary>
internal sealed class HubEndpoint(IOptions<TransportOptions> transport, HubServerMetrics metrics, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder endpoints, string path)
    {
        var options = new HttpConnectionDispatcherOptions { Transports = HttpTransportType.WebSockets, TransportSendTimeout = transport.Value.SendTimeout };
        endpoints.MapConnections(path, options, connections => connections.Use(WriteToSocket).UseHub<ServerHub>()).Add(builder =>
        {
            builder.Metadata.Add(new HubMetadata(typeof(ServerHub)));
            builder.RequestDelegate = KeepSocket(builder.RequestDelegate ?? throw new InvalidOperationException("the hub has no endpoint"));
        });
    }

    /// <summary>WebSockets over HTTP/2 are upgraded in another way, and stay with SignalR's own transport.</summary>
    private static RequestDelegate KeepSocket(RequestDelegate next) => context =>
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            context.Features.Set<IHttpUpgradeFeature>(new HubUpgrade(context, upgrade));
            context.Features.Set<IHttpWebSocketFeature>(null); // That of the application would upgrade past it.
        }

        return next(context);
    };

    private ConnectionDelegate WriteToSocket(ConnectionDelegate next) => connection =>
    {
        if (connection.Features.Get<IHttpContextFeature>()?.HttpContext?.Features.Get<IHttpUpgradeFeature>() is HubUpgrade upgrade)
        {
            var output = new SocketOutput(connection, upgrade, connection.Transport.Output, time);
            connection.Transport = new Duplex(connection.Transport.Input, output);
            connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(_ => RequireProgress(connection, output), connection);
        }

        return next(connection);
    };

    private void RequireProgress(ConnectionContext connection, SocketOutput output)
    {
        if (output.StalledFor <= transport.Value.SendTimeout)
            return;
        metrics.CountLimit("Transport:SendTimeout");
        connection.Abort();
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
