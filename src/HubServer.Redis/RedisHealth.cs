using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>Looks at how Redis is set up: what of it may lose rows.</summary>
internal sealed partial class RedisHealth(RedisConnection connection, string partitionsKey, int partitions, TimeProvider time, ILogger logger)
{
    private const int OldestMajor = 7;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PeriodAfterFailure = TimeSpan.FromSeconds(1);

    private IReadOnlyList<string> _warnings = [];
    private TimeSpan _period;
    private long _looked;

    /// <summary>What works and should be set up otherwise.</summary>
    public IReadOnlyList<string> Warnings => Volatile.Read(ref _warnings);

    /// <summary>
    /// Why this node cannot take part: its channels would be in other partitions than those of the others. Null where it can.
    /// </summary>
    public string? Disagreement { get; private set; }

    /// <summary>Why Redis was not reached the last time; null where it was.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether the numbers of partitions were compared. Before that nothing may be written, and nothing read.</summary>
    public bool HasCompared { get; private set; }

    /// <summary>Why this node takes no part in the deployment now: it writes nothing, and believes no message. Null where it does.</summary>
    public string? Obstacle => Disagreement ?? (HasCompared ? null : "Redis was not reached yet; nothing was written");

    /// <summary>Compares the number of partitions with the one that the deployment has, which is this one where it has none.</summary>
    public async Task AgreeOnPartitionsAsync()
    {
        // Written only where it is missing: a Redis that takes no writes for now can still be read.
        var held = await connection.Database.StringGetAsync(partitionsKey, CommandFlags.DemandMaster);
        if (held.IsNull)
        {
            // A deployment that lost it gets it back from a node that had the right one.
            if (Disagreement is not null)
                return;
            await connection.Database.StringSetAsync(partitionsKey, partitions, when: When.NotExists, flags: CommandFlags.DemandMaster);
            held = await connection.Database.StringGetAsync(partitionsKey, CommandFlags.DemandMaster);
        }

        Failure = null;
        var disagreement = held == partitions ? null : held.TryParse(out int _)
            ? $"HubServer:Partitions is {partitions}, and the deployment in Redis has {held}; set it to {held}, as on every node ({partitionsKey})"
            : $"the key {partitionsKey} of Redis is no number of partitions; set it to the one that the nodes have as HubServer:Partitions";
        if (disagreement is not null && disagreement != Disagreement)
            Log.Disagreement(logger, disagreement);
        Disagreement = disagreement;
        HasCompared = true;
    }

    /// <summary>Says once that Redis cannot be reached.</summary>
    public void OnUnreached(Exception failure)
    {
        if (Failure is null)
            Log.Unreached(logger, failure.Message);
        Failure = failure.Message;
    }

    /// <summary>Looks, from time to time.</summary>
    public async Task LookAsync()
    {
        if (!connection.IsConnected || time.GetElapsedTime(_looked) < _period)
            return;
        (_looked, _period) = (time.GetTimestamp(), Period);
        try
        {
            // Redis may have lost that, too.
            await AgreeOnPartitionsAsync();
            var warnings = new List<string>();
            foreach (var server in connection.Servers.Where(static server => server is { IsConnected: true, IsReplica: false }))
                await LookAtAsync(server, warnings);
            foreach (var warning in warnings.Except(_warnings))
                Log.Warning(logger, warning);
            Volatile.Write(ref _warnings, warnings);
        }
        catch (Exception failure) when (RedisFailures.IsRedis(failure))
        {
            _period = PeriodAfterFailure;
            if (!HasCompared)
                OnUnreached(failure);
        }
    }

    private static async Task LookAtAsync(IServer server, List<string> warnings)
    {
        if (server.Version.Major < OldestMajor)
            warnings.Add($"Redis is of version {server.Version}; {OldestMajor}.0 or later is needed");
        var info = (await server.InfoAsync()).SelectMany(static section => section).GroupBy(static pair => pair.Key).ToDictionary(static group => group.Key, static group => group.First().Value);
        if (info.TryGetValue("maxmemory_policy", out var policy) && policy != "noeviction")
            warnings.Add($"Redis' maxmemory-policy is {policy}, which may remove channels and what publishers' retries are told; set it to noeviction");
        var replicas = int.TryParse(info.GetValueOrDefault("connected_slaves"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
        if (replicas > 0 && info.GetValueOrDefault("aof_enabled") == "0" && await SavesNothingAsync(server))
            warnings.Add("Redis keeps nothing on disk and has replicas: a primary that restarts is empty and empties them; set appendonly yes, or see to it that it does not restart by itself");
    }

    private static async Task<bool> SavesNothingAsync(IServer server)
    {
        try
        {
            return (await server.ConfigGetAsync("save")).Any(static pair => pair.Value.Length == 0);
        }
        catch (RedisException)
        {
            // A hosted Redis may not tell.
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Warning}", EventName = "RedisWarning")]
        public static partial void Warning(ILogger logger, string warning);

        [LoggerMessage(2, LogLevel.Warning, "Redis cannot be reached, and is tried again until it can: {Failure}", EventName = "RedisUnreached")]
        public static partial void Unreached(ILogger logger, string failure);

        [LoggerMessage(3, LogLevel.Error, "{Disagreement}", EventName = "PartitionsDiffer")]
        public static partial void Disagreement(ILogger logger, string disagreement);
    }
}
