using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HubServer.AspNetCore.Sockets;

/// <summary>Keeps the connection that a request is upgraded to.</summary>
internal sealed class HubUpgrade(HttpContext context, IHttpUpgradeFeature inner) : IHttpUpgradeFeature
{
    private HubSocket? _socket;

    /// <summary>The connection; null before the upgrade.</summary>
    public HubSocket? Socket => Volatile.Read(ref _socket);

    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync()
    {
        var socket = HubSocket.Of(context, await inner.UpgradeAsync());
        Volatile.Write(ref _socket, socket);
        return socket;
    }
}
