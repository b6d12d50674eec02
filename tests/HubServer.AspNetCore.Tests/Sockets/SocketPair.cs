using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using HubServer.AspNetCore.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HubServer.AspNetCore.Tests.Sockets;

/// <summary>A TCP connection of this machine: a <see cref="SocketOutput"/> at one end, the runtime's own WebSocket at the other.</summary>
internal sealed class SocketPair : IHttpUpgradeFeature, IAsyncDisposable
{
    private readonly Socket _server;
    private readonly Socket _client;
    private readonly DefaultConnectionContext _connection = new();
    private readonly Pipe _transport = new();

    private SocketPair(Socket server, Socket client, TransferFormat format, TimeProvider time)
    {
        (_server, _client) = (server, client);
        Upgrade = new HubUpgrade(new DefaultHttpContext(), this);
        _connection.Features.Set<ITransferFormatFeature>(new Format(format));
        Output = new SocketOutput(_connection, Upgrade, _transport.Writer, time);
        Client = WebSocket.CreateFromStream(new NetworkStream(client), new WebSocketCreationOptions());
    }

    public bool IsUpgradableRequest => true;

    public HubUpgrade Upgrade { get; }

    public SocketOutput Output { get; }

    /// <summary>What the client sees.</summary>
    public WebSocket Client { get; }

    /// <summary>What the server closes the connection by.</summary>
    public PipeReader Transport => _transport.Reader;

    /// <summary>Whether the server gave the connection up.</summary>
    public CancellationToken Closed => _connection.ConnectionClosed;

    public static async Task<SocketPair> ConnectAsync(TransferFormat format = TransferFormat.Binary, TimeProvider? time = null, int sendBufferBytes = 64 << 10)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4 << 10 };
        await client.ConnectAsync(listener.LocalEndPoint!);
        var server = await listener.AcceptAsync();
        server.SendBufferSize = sendBufferBytes;
        var pair = new SocketPair(server, client, format, time ?? TimeProvider.System);
        await pair.Upgrade.UpgradeAsync();
        return pair;
    }

    public Task<Stream> UpgradeAsync() => Task.FromResult<Stream>(new NetworkStream(_server));

    /// <summary>The next message that the client gets, whole.</summary>
    public async Task<(WebSocketMessageType Type, byte[] Bytes)> ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[1_000];
        while (true)
        {
            var received = await Client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            message.Write(buffer.AsSpan(0, received.Count));
            if (received.EndOfMessage)
                return (received.MessageType, message.ToArray());
        }
    }

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Close();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _client.Dispose();
        _server.Dispose();
        await _connection.DisposeAsync();
    }

    private sealed class Format(TransferFormat active) : ITransferFormatFeature
    {
        public TransferFormat SupportedFormats => ActiveFormat;

        public TransferFormat ActiveFormat { get; set; } = active;
    }
}
