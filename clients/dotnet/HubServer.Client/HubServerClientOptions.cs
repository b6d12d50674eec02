using System.ComponentModel.DataAnnotations;
using System.Net.WebSockets;
using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Client;

/// <summary>Where a <see cref="HubServerClient"/> finds its server, and how it behaves. What a client was made with no longer changes it.</summary>
public sealed class HubServerClientOptions
{
    /// <summary>
    /// The server's address, such as <c>http://localhost:5080</c>: http, https, ws or wss. The hub is <c>/hub</c> below it;
    /// an address that ends with <c>/hub</c> is the hub's own. Required.
    /// </summary>
    [Required]
    public Uri? Url { get; set; }

    /// <summary>
    /// Gives the token that is sent as <c>Authorization: Bearer</c>. Called before each connection, so that it may give a
    /// new one; null, also as its result, for none. An attempt for which it throws failed and is made again. Default null.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? AccessTokenProvider { get; set; }

    /// <summary>The encoding on the wire. Both carry the same; MessagePack is smaller and faster. Default MessagePack.</summary>
    public WireFormat Protocol { get; set; } = WireFormat.MessagePack;

    /// <summary>
    /// The most that the first attempt after a loss or a failure waits; the time doubles with each failure in a row, and
    /// each attempt waits a random part of it. 1 ms to 1 minute, default 200 ms.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The most that any attempt waits. Attempts never end. 1 ms to 10 minutes, default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an attempt to connect may take. 100 ms to 5 minutes, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After so long a silence the connection counts as lost. The server sends something every 15 s. 1 s to 10 minutes,
    /// default 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ServerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// About the most bytes that may wait for each query's consumer while it is busy. What comes on top makes the client
    /// drop them, end the server's stream, and ask again from the consumer's position once the consumer is back.
    /// 64 KB to 1 GB, default 16 MB.
    /// </summary>
    [Range(64 << 10, 1 << 30)]
    public int MaxBacklogBytes { get; set; } = 16 << 20;

    /// <summary>
    /// The most bytes of a message to the server, which ends the connection over a larger one: its
    /// <c>HubServer:Transport:MaxHubMessageBytes</c>. 1 KB to 64 MB, default 1 MB.
    /// </summary>
    [Range(1 << 10, 64 << 20)]
    public int MaxMessageBytes { get; set; } = 1 << 20;

    /// <summary>
    /// Names this client as a publisher, so that the server knows a repeated publish. No two clients at once may have the
    /// same, and a client that comes back under a former name may find its first rows refused. Null for a name of its own,
    /// which is the default. At most 512 characters.
    /// </summary>
    [StringLength(512, MinimumLength = 1)]
    public string? PublisherId { get; set; }

    /// <summary>Sets up each WebSocket: certificates, a proxy, further headers. Default null.</summary>
    public Action<ClientWebSocketOptions>? ConfigureWebSocket { get; set; }

    /// <summary>The clock of delays and flushes. Null, the default, is the system's.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Where the client and SignalR log. Null, the default, is nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>A copy, so that what is changed later changes no client.</summary>
    internal HubServerClientOptions Copy() => (HubServerClientOptions)MemberwiseClone();
}
