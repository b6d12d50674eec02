using System.Collections.Concurrent;
using System.Collections.Immutable;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>This node's channels, and the feeds that want to hear of new ones.</summary>
public sealed class ChannelRegistry
{
    private readonly ConcurrentDictionary<ChannelId, Channel> _channels = [];
    private readonly ChannelRules _rules;
    private readonly TimeProvider _time;
    private readonly HubServerMetrics _metrics;
    private readonly Lock _gate = new();
    private long _created; // Changed by Interlocked.
    private bool _isStale;
    private ImmutableArray<Feed> _feeds = []; // Replaced under _gate; read without it.

    internal ChannelRegistry(ChannelRules rules, TimeProvider time, HubServerMetrics metrics)
    {
        _rules = rules;
        _time = time;
        _metrics = metrics;
        RingBytes = new ByteBudget(rules.Options.MaxTotalBytes);
    }

    /// <summary>Whether the node may be behind its backplane.</summary>
    public bool IsStale
    {
        get => Volatile.Read(ref _isStale);
        private set => Volatile.Write(ref _isStale, value);
    }

    /// <summary>What all rings take.</summary>
    internal ByteBudget RingBytes { get; }

    /// <summary>The number of channels.</summary>
    public int Count => _channels.Count;

    /// <summary>The channels that there ever were; the number of the newest.</summary>
    internal long Created => Volatile.Read(ref _created);

    /// <summary>All channels, in no order.</summary>
    public IEnumerable<Channel> Channels => _channels.Select(static channel => channel.Value);

    /// <summary>Finds a channel.</summary>
    public Channel? Find(ChannelId id) => _channels.GetValueOrDefault(id);

    /// <summary>A channel that is not here yet, which nobody sees before <see cref="Add"/>.</summary>
    public Channel Create(ChannelId id, string epoch, bool isFollowed) =>
        new(id, epoch, Interlocked.Increment(ref _created), _rules, _time, RingBytes, isFollowed);

    /// <summary>Takes in a channel with what it has by now, and shows it to the feeds.</summary>
    public void Add(Channel channel)
    {
        // The rows are there before any feed can see the channel, and the channel before the feeds are read: a feed
        // that registers meanwhile finds the channel in its own scan.
        _channels[channel.Id] = channel;
        Offer(channel);
    }

    /// <summary>What a channel may keep, with settings that it is being given.</summary>
    public ChannelLimits LimitsOf(ChannelId id, ChannelSettings? given)
    {
        if (given is not null)
            return _rules.For(id, given);
        return Find(id)?.Limits ?? _rules.For(id);
    }

    /// <summary>Whether some feed would follow a channel.</summary>
    public bool IsWanted(ChannelId id)
    {
        foreach (var feed in _feeds)
        {
            if (feed.IsSelected(id))
                return true;
        }

        return false;
    }

    /// <summary>Shows a channel to the feeds: it is new, its ring has its past, or it went away.</summary>
    public void Offer(Channel channel)
    {
        foreach (var feed in _feeds)
            feed.Offer(channel);
    }

    /// <summary>Takes a block from the backplane; calls for one channel come one at a time and in order.</summary>
    public ApplyResult Apply(LoggedBlock block)
    {
        if (_channels.TryGetValue(block.Block.Channel, out var channel))
            return Apply(channel, block);

        channel = Create(block.Block.Channel, block.Epoch, isFollowed: true);
        var result = Apply(channel, block);
        Add(channel);
        return result;
    }

    /// <summary>The same for a channel that was found, or is still to be added.</summary>
    public ApplyResult Apply(Channel channel, LoggedBlock block)
    {
        var result = channel.Apply(block, out var rows);
        _metrics.CountApply(result, rows);
        return result;
    }

    /// <summary>Takes from the backplane that a channel is in another epoch; the parameters are those of the channel's history.</summary>
    /// <param name="id">The channel.</param>
    /// <param name="epoch">The new epoch.</param>
    /// <param name="lineage">The epochs that led to it.</param>
    /// <param name="start">Where the rows of an epoch begin that the channel's present one did not lead to.</param>
    /// <param name="schema">The fields of the newest row that was kept.</param>
    public RebaseResult Rebase(ChannelId id, string epoch, Lineage lineage, long start, Schema schema)
    {
        var result = _channels.TryGetValue(id, out var channel) ? channel.Rebase(epoch, lineage, start, schema) : RebaseResult.Unchanged;
        _metrics.CountRebase(result);
        return result;
    }

    /// <summary>Takes from the backplane whether the node may be behind it.</summary>
    public void ReportStale(bool isStale)
    {
        if (IsStale == isStale)
            return;
        IsStale = isStale;
        foreach (var feed in _feeds)
            feed.OnStale();
    }

    /// <summary>Takes a removal from the backplane.</summary>
    public void Remove(ChannelId id, string epoch)
    {
        if (!_channels.TryGetValue(id, out var channel) || channel.Epoch != epoch || !_channels.TryRemove(id, out _))
            return;

        // Feeds that follow the channel are marked; those whose limit keeps it out have one less to keep out.
        channel.Remove();
        Offer(channel);
    }

    internal void Watch(Feed feed)
    {
        lock (_gate)
            _feeds = _feeds.Add(feed);
    }

    internal void Unwatch(Feed feed)
    {
        lock (_gate)
            _feeds = _feeds.Remove(feed);
    }
}
