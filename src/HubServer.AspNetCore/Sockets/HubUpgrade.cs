using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HubServer.AspNetCore.Sockets;

/// <summary>Keeps the connection that a request is upgraded to, and what comes over it.</summary>
internal sealed class HubUpgrade(HttpContext context, IHttpUpgradeFeature inner) : IHttpUpgradeFeature
{
    /// <summary>As much as SignalR lets a client send before the hub takes it.</summary>
    private const long MaxUnreadBytes = 64 << 10;

    private static readonly PipeOptions InputOptions = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: MaxUnreadBytes, resumeWriterThreshold: MaxUnreadBytes / 2, useSynchronizationContext: false);

    private HubSocket? _socket;

    /// <summary>The connection; null before the upgrade.</summary>
    public HubSocket? Socket => Volatile.Read(ref _socket);

    /// <summary>What the client sends, message after message.</summary>
    public Pipe Input { get; } = new(InputOptions);

    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync()
    {
        var socket = HubSocket.Of(context, await inner.UpgradeAsync());
        Volatile.Write(ref _socket, socket);
        return socket;
    }
}
