using System.Globalization;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Redis;

/// <summary>
/// The backplane of many nodes: Redis gives blocks their order and keeps them, and a node keeps rings of the channels that
/// somebody reads there.
/// </summary>
public sealed partial class RedisBackplane : IBackplane, IAsyncDisposable
{
    private static readonly TimeSpan TimerPeriod = TimeSpan.FromMilliseconds(50);

    /// <summary>Longer than any pause of a busy machine: the commands of a connection that is replaced fail.</summary>
    private static readonly TimeSpan ReplaceAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan OpenPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(5);

    private readonly HubServerOptions _options;
    private readonly RedisOptions _redis;
    private readonly HubServerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisConnection _connection;
    private readonly RedisHealth _health;
    private readonly string _node;
    private readonly CancellationTokenSource _stop = new();
    private Partition[] _partitions = [];
    private Task[] _running = [];
    private ChannelRegistry? _registry;
    private long _replaced; // Used by the timer.
    private long _swept; // Used by the timer.

    /// <summary>Creates the backplane; <see cref="Start"/> connects.</summary>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public RedisBackplane(HubServerOptions options, HubServerMetrics metrics, TimeProvider time, ILogger<RedisBackplane> logger)
    {
        _options = options;
        _redis = options.Backplane.Redis;
        RedisConnection.Configure(_redis);
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _connection = new RedisConnection(_redis, time, logger);
        _health = new RedisHealth(_connection, $"{_redis.Prefix}:partitions", options.Partitions, time, logger);

        // A node that starts again is another one to Redis: it counts its calls from 1.
        _node = string.Create(CultureInfo.InvariantCulture, $"{options.Node}-{Guid.NewGuid():n}");
    }

    /// <inheritdoc/>
    public int Partitions => _options.Partitions;

    /// <inheritdoc/>
    public BackplaneStatus Status
    {
        get
        {
            var problem = Problem();
            return new BackplaneStatus("redis", problem is null, problem, _health.Warnings);
        }
    }

    /// <inheritdoc/>
    public void Start(ChannelRegistry registry)
    {
        _registry = registry;
        registry.ReportStale(true);
        _partitions = [.. Enumerable.Range(0, Partitions).Select(number => new Partition(number, _node, this, registry, _connection, _health, _options, _metrics, _time, _logger, _stop.Token))];
        _connection.Restored += OnRestored;
        _running = [RunAsync(OnTimerAsync), .. _partitions.Select(partition => RunAsync(() => OnTimerAsync(partition)))];
    }

    /// <inheritdoc/>
    public ValueTask<AppendResult[]> AppendAsync(int partition, IReadOnlyList<Block> blocks, CancellationToken cancellationToken)
    {
        RequireOpen();
        return _partitions[partition].AppendAsync(blocks, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken)
    {
        RequireOpen();
        try
        {
            return await PartitionFor(channel).RemoveAsync(channel, epoch, next, cancellationToken);
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            if (RedisFailures.Read(failure) == RedisFailure.MayNotWrite)
                throw new ProtocolException(ErrorCode.Overloaded, $"Redis takes no writes: {failure.Message}; channel '{channel}' was not removed");
            throw new ProtocolException(ErrorCode.BackplaneUnavailable, $"Redis did not answer; whether channel '{channel}' was removed is unknown: {failure.Message}");
        }
    }

    /// <inheritdoc/>
    public void Follow(Channel channel) => PartitionFor(channel.Id).Follow(channel);

    /// <inheritdoc/>
    public async ValueTask CatchUpAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        foreach (var group in channels.GroupBy(channel => PartitionFor(channel.Id)))
        {
            while (_registry is { IsStale: false } && !await group.Key.TryCatchUpAsync(group))
                await Task.Delay(TimerPeriod, _time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public bool Remembers(ChannelId channel, string epoch)
    {
        // While the node may be behind, a channel that is missing here may be there.
        return _registry is { IsStale: false } && PartitionFor(channel).Remembers(epoch);
    }

    /// <summary>Ends following and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        await _connection.DisposeAsync();
        foreach (var partition in _partitions)
            partition.Dispose();
        _stop.Dispose();
    }

    private Partition PartitionFor(ChannelId channel) => _partitions[((IBackplane)this).PartitionOf(channel)];

    private string? Problem()
    {
        if (_health.Disagreement is { } disagreement)
            return disagreement;
        if (!_health.HasCompared)
            return $"Redis was not reached yet (HubServer:Backplane:Redis:ConnectionString){(_health.Failure is { } failure ? $": {failure}" : "")}";
        if (Array.Exists(_partitions, static partition => !partition.IsComplete))
            return Refusal() ?? (_connection.IsConnected ? "the channels are being read from Redis" : "Redis does not answer; queries go on with what the node has");
        return _registry?.IsStale == true ? Refusal() ?? "nothing is heard from Redis; queries go on with what the node has" : null;
    }

    private string? Refusal() =>
        _partitions.Select(static partition => partition.Refusal).FirstOrDefault(static refusal => refusal is not null) is { } refusal
            ? $"Redis takes no writes, without which nothing can be known of it: {refusal}; queries go on with what the node has"
            : null;

    private void RequireOpen()
    {
        if (_health.Obstacle is { } obstacle)
            throw new ProtocolException(ErrorCode.BackplaneUnavailable, obstacle);
    }

    private void OnRestored()
    {
        foreach (var partition in _partitions)
            partition.Hurry();
    }

    private async Task RunAsync(Func<Task> onTimer)
    {
        using var timer = new PeriodicTimer(TimerPeriod, _time);
        try
        {
            do
            {
                try
                {
                    await onTimer();
                }
                catch (Exception failure) when (!_stop.IsCancellationRequested)
                {
                    // Whatever it is, the node must not stop following for it.
                    Log.Failed(_logger, failure);
                    await Task.Delay(FailurePause, _time, _stop.Token);
                }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task OnTimerAsync()
    {
        if (await TryOpenAsync())
            await LookAsync();
        _registry?.ReportStale(IsStale());
    }

    private async Task OnTimerAsync(Partition partition)
    {
        if (_health.Obstacle is null)
            await partition.OnTimerAsync();
    }

    private bool IsStale()
    {
        foreach (var partition in _partitions)
        {
            if (!partition.IsComplete && partition.Verified == 0)
                return true;
            if (_time.GetElapsedTime(partition.Verified) > _redis.StaleAfter)
                return true;
        }

        return false;
    }

    /// <summary>Opens the connection where there is none, or where it is open and nothing comes from it any more.</summary>
    private async Task<bool> TryOpenAsync()
    {
        if (_connection.IsOpen && !(_connection.IsConnected && IsSilent()))
            return true;
        if (_replaced != 0 && _time.GetElapsedTime(_replaced) < (_connection.IsOpen ? ReplaceAfter : OpenPause))
            return _connection.IsOpen;

        _replaced = _time.GetTimestamp();
        try
        {
            if (_connection.IsOpen)
                _metrics.CountBackplane(BackplaneEvent.ConnectionReplaced);
            await _connection.OpenAsync([.. _partitions.Select(static partition => partition.Subscription)]);
            await _health.AgreeOnPartitionsAsync();
            return true;
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            _health.OnUnreached(failure);
            return _connection.IsOpen;
        }
    }

    /// <summary>Whether no partition was heard of for long, each of which speaks every second.</summary>
    private bool IsSilent() =>
        _partitions.Length > 0 && _replaced != 0 && Array.TrueForAll(_partitions, partition => _time.GetElapsedTime(partition.Heard) > ReplaceAfter + _redis.StaleAfter);

    private async Task LookAsync()
    {
        await _health.LookAsync();
        if (_registry is null || _time.GetElapsedTime(_swept) < SweepPeriod)
            return;
        _swept = _time.GetTimestamp();
        foreach (var channel in _registry.Channels)
            channel.TryUnfollow(_redis.KeepUnread);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Following Redis failed in a way that it should not, and goes on", EventName = "FollowingFailed")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
