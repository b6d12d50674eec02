using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HubServer.AspNetCore.Sockets;

/// <summary>Accepts a WebSocket whose messages go to a pipe.</summary>
internal sealed class HubAccept(IHttpWebSocketFeature inner, PipeWriter to) : IHttpWebSocketFeature
{
    public bool IsWebSocketRequest => inner.IsWebSocketRequest;

    public async Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) => new SocketInput(await inner.AcceptAsync(context), to);
}
