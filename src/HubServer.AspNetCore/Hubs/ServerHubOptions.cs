using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Hubs;

/// <summary>Sets SignalR's limits for the hub from HubServer's own options.</summary>
internal sealed class ServerHubOptions(IOptions<TransportOptions> transport) : IConfigureOptions<HubOptions<ServerHub>>
{
    public void Configure(HubOptions<ServerHub> options) =>
        options.MaximumReceiveMessageSize = transport.Value.MaxHubMessageBytes;
}
