using HubServer.Core;
using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Redis;

/// <summary>One partition on this node: what it sends, follows and reads.</summary>
internal sealed class Partition : IDisposable
{
    /// <summary>Replies overtake messages by a round trip.</summary>
    private static readonly TimeSpan MaxParked = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly string _prefix;
    private readonly RedisConnection _connection;
    private readonly RedisHealth _health;
    private readonly PartitionCaller _caller;
    private readonly PartitionDelivery _delivery;
    private readonly PartitionFollower _follower;
    private readonly PartitionAppender _appender;
    private readonly ChannelLoader _loader;
    private readonly HubServerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _jitter = TimeSpan.FromMilliseconds(Random.Shared.Next(250));
    private long _ticked; // Used by the timer.

    public Partition(int number, string node, IBackplane backplane, ChannelRegistry registry, RedisConnection connection, RedisHealth health, HubServerOptions options, HubServerMetrics metrics, TimeProvider time, ILogger logger, CancellationToken stop)
    {
        _prefix = PrefixOf(options.Backplane.Redis.Prefix, number);
        _connection = connection;
        _health = health;
        _metrics = metrics;
        _time = time;
        _caller = new PartitionCaller(connection, health, _prefix, node, options, metrics, time);
        var schemas = new SchemaCache(connection, _prefix);
        _delivery = new PartitionDelivery(registry, schemas, metrics, time);
        var log = new PartitionLog(connection, _prefix, schemas, metrics);
        var seeder = new Seeder(_caller, _delivery, options.Publishing, metrics);
        _follower = new PartitionFollower(number, _prefix, connection, registry, channel => backplane.PartitionOf(channel.Id) == number, _caller, _delivery, log, schemas, seeder, metrics, time, logger);
        _appender = new PartitionAppender(registry, _caller, _delivery, _follower, schemas, seeder, AskOthersAsync, metrics, time);
        _loader = new ChannelLoader(registry, _delivery, _follower, log, time, logger, stop);
    }

    /// <summary>The channel of its messages, and who takes them.</summary>
    public (string Channel, Func<ReadOnlyMemory<byte>, Task> OnMessage) Subscription => ($"{_prefix}m", OnMessageAsync);

    /// <summary>Why Redis refused the last sign of life; null where it did not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Whether the partition was once where an epoch began.</summary>
    public bool Remembers(string epoch) => _delivery.Remembers(epoch);

    /// <summary>Whether the node has its channels.</summary>
    public bool IsComplete => _follower.IsComplete;

    /// <summary>When the node last knew that it had everything.</summary>
    public long Verified => _follower.Verified;

    /// <summary>When the last message came.</summary>
    public long Heard => _follower.Heard;

    public ValueTask<AppendResult[]> AppendAsync(IReadOnlyList<Block> blocks, CancellationToken cancellationToken) => _appender.AppendAsync(blocks, cancellationToken);

    public ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken) => _appender.RemoveAsync(channel, epoch, next, cancellationToken);

    public void Follow(Channel channel) => _loader.Load(channel);

    /// <summary>Brings channels up to what Redis has; false where it did not answer.</summary>
    public Task<bool> TryCatchUpAsync(IEnumerable<Channel> channels) => _follower.TryCatchUpAsync(channels);

    /// <summary>Makes the next timer tell the others its state, whatever came last.</summary>
    public void Hurry() => Volatile.Write(ref _ticked, 0);

    /// <summary>Does what is due: repairs, and a sign of life where nobody gave one.</summary>
    public async Task OnTimerAsync()
    {
        await _follower.OnTimerAsync(MaxParked);
        var last = Math.Max(Volatile.Read(ref _ticked), _follower.Heard);
        if (Volatile.Read(ref _ticked) != 0 && _time.GetElapsedTime(last) < Quiet + _jitter)
            return;
        Volatile.Write(ref _ticked, _time.GetTimestamp());
        try
        {
            await _caller.RunAsync(_caller.NewQuestion(isTick: true));
            _metrics.CountBackplane(BackplaneEvent.Tick);
            Refusal = null;
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            Refusal = RedisFailures.Read(failure) == RedisFailure.MayNotWrite ? failure.Message : null;
            await _caller.TryReconfigureAsync(failure);
        }
    }

    /// <summary>Lets go of what the follower holds, once the connection is closed.</summary>
    public void Dispose() => _follower.Dispose();

    private static string PrefixOf(string deployment, int number) => $"{deployment}:{{p{number:00}}}:";

    /// <summary>A node that takes no part believes nothing: its partitions are not those of the message.</summary>
    private Task OnMessageAsync(ReadOnlyMemory<byte> message) => _health.Obstacle is null ? _follower.OnMessageAsync(message) : Task.CompletedTask;

    private async Task AskOthersAsync(string channel) => await _connection.PublishAsync($"{_prefix}m", PartitionMessage.Ask(channel));
}
