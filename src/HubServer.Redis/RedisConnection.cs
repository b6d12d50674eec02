using System.Net;
using HubServer.Core;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>
/// The connection to Redis. StackExchange.Redis opens it again where it breaks; one that is open and silent is replaced.
/// </summary>
internal sealed partial class RedisConnection(RedisOptions options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan ReconfigurePeriod = TimeSpan.FromSeconds(1);

    private volatile ConnectionMultiplexer? _multiplexer;
    private long _reconfigured;

    /// <summary>Whether it was opened once.</summary>
    public bool IsOpen => _multiplexer is not null;

    /// <summary>Whether commands can be sent now.</summary>
    public bool IsConnected => _multiplexer?.IsConnected == true;

    /// <summary>Raised when it works again.</summary>
    public event Action? Restored;

    /// <summary>The commands.</summary>
    /// <exception cref="RedisException">It was not opened yet.</exception>
    public IDatabase Database => Multiplexer.GetDatabase();

    /// <summary>The servers that it knows.</summary>
    public IServer[] Servers => Multiplexer.GetServers();

    private ConnectionMultiplexer Multiplexer =>
        _multiplexer ?? throw new RedisException("Redis was not reached yet");

    /// <summary>Reads the connection string.</summary>
    /// <exception cref="ArgumentException">It cannot be read.</exception>
    public static ConfigurationOptions Configure(RedisOptions options)
    {
        var configuration = Parse(options.ConnectionString ?? "");
        if (configuration.EndPoints.Count == 0)
            throw new ArgumentException("it names no server; write for example localhost:6379");
        if (configuration.EndPoints.OfType<DnsEndPoint>().Any(static server => server.Host.AsSpan().ContainsAny('@', '/')))
            throw new ArgumentException("it looks like a URL; write for example localhost:6379,user=...,password=...,ssl=true");
        configuration.Protocol ??= RedisProtocol.Resp3;
        configuration.ClientName ??= "hubserver";
        configuration.AllowAdmin = true; // INFO and CONFIG GET, to see how the server is set up.
        configuration.AbortOnConnectFail = true; // The first attempt; whoever opens the connection tries again.
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.AsyncTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.ConnectTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.ConnectRetry = 1;
        configuration.ReconnectRetryPolicy = new LinearRetry(100);
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        return configuration;
    }

    /// <summary>Opens the connection, or another one in its place, and gets the messages of these channels in their order.</summary>
    public async Task OpenAsync(IReadOnlyList<(string Channel, Func<ReadOnlyMemory<byte>, Task> OnMessage)> subscriptions)
    {
        var opened = await ConnectionMultiplexer.ConnectAsync(Configure(options));
        try
        {
            opened.ConnectionRestored += (_, _) => Restored?.Invoke();
            opened.ConnectionFailed += (_, failed) => Log.Failed(logger, failed.EndPoint?.ToString(), failed.ConnectionType, failed.FailureType);
            foreach (var (channel, onMessage) in subscriptions)
            {
                var queue = await opened.GetSubscriber().SubscribeAsync(RedisChannel.Literal(channel));
                queue.OnMessage(message => onMessage((byte[]?)message.Message ?? []));
            }
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }

        var replaced = _multiplexer;
        _multiplexer = opened;
        Log.Opened(logger, opened.Configuration.Split(',')[0]);
        if (replaced is not null)
            await replaced.CloseAsync(allowCommandsToComplete: false);
        Restored?.Invoke();
    }

    /// <summary>Sends a message that is no more than a hint.</summary>
    public Task PublishAsync(string channel, byte[] message) =>
        Multiplexer.GetSubscriber().PublishAsync(RedisChannel.Literal(channel), message);

    /// <summary>Looks which server is the primary now, where commands find none; at most once a second.</summary>
    public async Task ReconfigureAsync()
    {
        if (_multiplexer is not { } multiplexer || time.GetElapsedTime(Volatile.Read(ref _reconfigured)) < ReconfigurePeriod)
            return;
        Volatile.Write(ref _reconfigured, time.GetTimestamp());
        await multiplexer.ConfigureAsync();
    }

    /// <summary>Closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_multiplexer is { } multiplexer)
            await multiplexer.CloseAsync(allowCommandsToComplete: false);
    }

    /// <summary>Reads it, and says what is wrong in words that repeat nothing of a password, of which a comma makes two parts.</summary>
    private static ConfigurationOptions Parse(string text)
    {
        try
        {
            return ConfigurationOptions.Parse(text);
        }
        catch (ArgumentException wrong)
        {
            var part = wrong.ParamName ?? "";
            var password = text.IndexOf("password=", StringComparison.OrdinalIgnoreCase);
            var isBefore = password < 0 || text.IndexOf(part, StringComparison.OrdinalIgnoreCase) < password;
            throw new ArgumentException((wrong, isBefore) switch
            {
                (ArgumentOutOfRangeException, _) => $"'{part}' has a value that it cannot have",
                (_, true) => $"'{part}' is no part of one",
                _ => "a part behind the password is none that there is; a password has no comma, as in localhost:6379,password=...",
            });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected to Redis at {Server}", EventName = "RedisConnected")]
        public static partial void Opened(ILogger logger, string server);

        [LoggerMessage(2, LogLevel.Warning, "The {Connection} connection to Redis at {Server} failed: {Failure}", EventName = "RedisConnectionFailed")]
        public static partial void Failed(ILogger logger, string? server, ConnectionType connection, ConnectionFailureType failure);
    }
}
