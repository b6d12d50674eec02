using System.Globalization;
using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>
/// A backplane that loses what it acknowledged, as a server does that fails over: a channel goes on in another epoch
/// with all of its rows, without its newest, or without any.
/// </summary>
internal sealed class LossyBackplane : IBackplane
{
    private const string Generation = "lossy";

    private readonly Dictionary<ChannelId, State> _channels = [];
    private readonly RetryWindow[] _retries;
    private readonly HashSet<string> _reset = []; // Epochs of which no row is left.
    private ChannelRegistry? _registry;
    private long _sequence;

    public LossyBackplane(HubServerOptions options, TimeProvider time) =>
        _retries = [.. Enumerable.Range(0, options.Partitions).Select(_ => new RetryWindow(options.Publishing, time))];

    public int Partitions => _retries.Length;

    public void Start(ChannelRegistry registry) => _registry = registry;

    public ValueTask<AppendResult[]> AppendAsync(int partition, IReadOnlyList<Block> blocks, CancellationToken cancellationToken) =>
        ValueTask.FromResult(blocks.Select(block => Append(_retries[partition], block)).ToArray());

    public ValueTask<bool> RemoveAsync(ChannelId channel, string epoch, long? next, CancellationToken cancellationToken)
    {
        if (!_channels.TryGetValue(channel, out var state) || state.Epoch != epoch || (next is not null && state.Next != next))
            return ValueTask.FromResult(false);
        _channels.Remove(channel);
        _registry?.Remove(channel, epoch);
        return ValueTask.FromResult(true);
    }

    public BackplaneStatus Status => BackplaneStatus.InMemory;

    public void Follow(Channel channel)
    {
        // Every channel has its ring here.
    }

    public bool Remembers(ChannelId channel, string epoch) => epoch.StartsWith(Generation, StringComparison.Ordinal);

    /// <summary>Says that the node may be behind, or that it is not.</summary>
    public void ReportStale(bool isStale) => _registry?.ReportStale(isStale);

    /// <summary>Puts a channel into another epoch; null where it is not there.</summary>
    /// <returns>The epochs before and after, and up to which row the old one's are kept; null where none is.</returns>
    public (string From, string To, long? End, Schema Schema)? Lose(ChannelId channel, Random random)
    {
        if (!_channels.TryGetValue(channel, out var state))
            return null;

        var from = state.Epoch;
        state.Epoch = NewEpoch();
        if (random.Next(5) == 0)
        {
            _reset.UnionWith(state.Lineage.Ends.Select(end => end.Epoch).Append(from));
            (state.Lineage, state.Next, state.Schema) = (Lineage.None, 0, Schema.Empty);
            state.Log.Clear();
            _registry?.Rebase(channel, state.Epoch, state.Lineage, start: 0, state.Schema);
            return (from, state.Epoch, null, state.Schema);
        }

        // A rollback ends where a block did.
        for (var blocks = random.Next(2) == 0 ? 0 : random.Next(1, 6); blocks > 0 && state.Log.Count > 0; blocks--)
            state.Log.RemoveAt(state.Log.Count - 1);
        (state.Next, state.Schema) = state.Log.Count > 0 ? state.Log[^1] : (0, Schema.Empty);
        state.Lineage = new Lineage([new Position(from, state.Next), .. state.Lineage.Ends]);
        _registry?.Rebase(channel, state.Epoch, state.Lineage, start: 0, state.Schema);
        return (from, state.Epoch, state.Next, state.Schema);
    }

    private AppendResult Append(RetryWindow retries, Block block)
    {
        var state = _channels.GetValueOrDefault(block.Channel);
        if (block.PublisherId is not null && retries.Find(block) is { } earlier && !IsLost(earlier, state))
            return earlier;

        var schema = state?.Schema ?? Schema.Empty;
        if (schema.Hash != block.BaseHash)
            return new AppendResult(AppendStatus.StaleSchema, Schema: schema);

        if (state is null)
            _channels.Add(block.Channel, state = new State { Epoch = NewEpoch() });
        var logged = new LoggedBlock(block, state.Epoch, state.Next);
        (state.Next, state.Schema) = (logged.End, block.Schema);
        state.Log.Add((logged.End, block.Schema));
        _registry?.Apply(logged);

        var result = new AppendResult(AppendStatus.Appended, logged.Epoch, logged.Offset, block.Count);
        if (block.PublisherId is not null)
            retries.Remember(block, result);
        return result;
    }

    /// <summary>The answer to a block that was lost is lost with it.</summary>
    private bool IsLost(AppendResult answer, State? state) =>
        answer.Status == AppendStatus.Appended && (_reset.Contains(answer.Epoch) || state?.Lineage.EndOf(answer.Epoch) < answer.Offset + answer.Count);

    private string NewEpoch() => string.Create(CultureInfo.InvariantCulture, $"{Generation}.0.{++_sequence}");

    private sealed class State
    {
        public required string Epoch { get; set; }

        public long Next { get; set; }

        public Schema Schema { get; set; } = Schema.Empty;

        public Lineage Lineage { get; set; } = Lineage.None;

        /// <summary>Where each block ended, with the fields there were then.</summary>
        public List<(long End, Schema Schema)> Log { get; } = [];
    }
}
