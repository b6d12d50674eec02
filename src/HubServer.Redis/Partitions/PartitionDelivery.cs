using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>
/// Brings a partition's blocks into the node's channels, from messages and from replies to this node's own calls. What
/// cannot be taken as it stands makes its channel a suspect, about which Redis has to be asked.
/// </summary>
internal sealed class PartitionDelivery(ChannelRegistry registry, SchemaCache schemas, HubServerMetrics metrics, TimeProvider time)
{
    private readonly Lock _gate = new(); // Taken before any lock of the registry, its channels and their feeds.
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal); // Used under _gate: parsing an id and finding its channel for each block would cost more than the rest.
    private readonly HashSet<ChannelId> _suspects = []; // Used under _gate.
    private readonly Dictionary<ChannelId, long> _parked = []; // Used under _gate: since when blocks wait.
    private readonly Dictionary<ChannelId, Hole> _holes = []; // Used under _gate: rows that the log does not have, while messages may bring them.
    private string _generation = ""; // Written under _gate.
    private long _generationSince; // Written under _gate: a timestamp, when the node took it over.
    private Lineage _past = Lineage.None; // Written under _gate: the generations before, with the last message of each.
    private long _sequence = -1; // Used under _gate: of the last message that was taken.
    private Schema _schema = Schema.Empty; // Used under _gate: that of the last block; most channels of a partition have the same.

    /// <summary>The partition's generation, as this node knows it.</summary>
    public string Generation => Volatile.Read(ref _generation);

    /// <summary>How long the node has known the generation.</summary>
    public TimeSpan GenerationAge => time.GetElapsedTime(Volatile.Read(ref _generationSince));

    /// <summary>Whether the partition was once where an epoch began: a channel of it that is not there was removed.</summary>
    public bool Remembers(string epoch) => Epoch.BeganIn(epoch, Generation, long.MaxValue, Volatile.Read(ref _past));

    /// <summary>Takes a message; false where messages before it are missing, or it is of another generation.</summary>
    public bool TryDeliver(PartitionMessage message)
    {
        lock (_gate)
        {
            if (message.Generation != _generation || message.Sequence > _sequence + (message.IsTick ? 0 : 1))
                return false;
            if (message.Sequence <= _sequence)
                return true;
            foreach (ref readonly var block in message.Blocks.AsSpan())
                Take(block);
            _sequence = message.Sequence;
            if (_holes.Count > 0)
                SuspectHoles();
            return true;
        }
    }

    /// <summary>
    /// Takes this node's own blocks from the reply to their call, which may overtake the message; whether there are suspects.
    /// </summary>
    public bool Deliver(PartitionReply reply, IReadOnlyList<Block> blocks)
    {
        lock (_gate)
        {
            if (reply.Generation == _generation && reply.Sequence <= _sequence)
                return false;
            for (var i = 0; i < blocks.Count; i++)
            {
                if (reply.Results[i] is not { Status: OperationStatus.Ok, State: { } state } result)
                    continue;

                // Settings that another node's block brought may still be on their way here, and take no row's place.
                var block = state.Settings is null || blocks[i].Settings is not null ? blocks[i] : blocks[i].With(state.Settings);
                schemas.Add(block.Schema);
                Take(new MessageBlock(MessageBlockKind.Append, block.Channel.Text, result.Epoch, result.Offset, block.Count, block.Schema.Hash, LastTime: block.LastTime), new LoggedBlock(block, result.Epoch, result.Offset));
            }

            return _suspects.Count > 0;
        }
    }

    /// <summary>A channel by the text of its id; null for one that is not here, and for a text that is no id.</summary>
    public Channel? ChannelOf(string id)
    {
        lock (_gate)
            return Find(id) is { } known ? registry.Find(known.Id) : null;
    }

    /// <summary>Makes a channel a suspect.</summary>
    public void Suspect(ChannelId channel)
    {
        lock (_gate)
            _suspects.Add(channel);
    }

    /// <summary>The channels that Redis has to be asked about, which are suspects no longer.</summary>
    public ChannelId[] TakeSuspects()
    {
        lock (_gate)
        {
            if (_suspects.Count == 0)
                return [];
            var suspects = _suspects.ToArray();
            _suspects.Clear();
            return suspects;
        }
    }

    /// <summary>Makes suspects of the channels whose blocks have waited this long for earlier ones; whether there are any.</summary>
    public bool SuspectParked(TimeSpan waited)
    {
        lock (_gate)
        {
            if (_parked.Count == 0)
                return false;
            foreach (var (id, since) in _parked.ToArray())
            {
                var isWaiting = registry.Find(id)?.HasParked == true;
                if (isWaiting && time.GetElapsedTime(since) < waited)
                    continue;
                _parked.Remove(id);
                if (!isWaiting)
                    continue;
                metrics.CountBackplane(BackplaneEvent.ParkedTooLong);
                _suspects.Add(id);
            }

            return _suspects.Count > 0;
        }
    }

    /// <summary>Takes the partition as a whole: from here on, messages follow that one.</summary>
    public void Adopt(PartitionDirectory directory)
    {
        lock (_gate)
        {
            foreach (var (text, state) in directory.Channels)
            {
                if (Find(text) is { } known)
                    Note(known.Id, state);
            }

            if (directory.Generation != _generation)
                Volatile.Write(ref _generationSince, time.GetTimestamp());
            Volatile.Write(ref _generation, directory.Generation);
            Volatile.Write(ref _past, directory.Past);
            _sequence = directory.Sequence;
            _holes.Clear();
        }
    }

    /// <summary>Takes from Redis that a channel is in another epoch.</summary>
    public void Rebase(Channel channel, ChannelState state, long start)
    {
        lock (_gate)
            registry.Rebase(channel.Id, state.Epoch, state.JoinedBy(channel).Lineage, start, SchemaOf(state, channel));
    }

    /// <summary>
    /// Takes blocks that were read from the log. Rows that the log does not have any more are passed over, once no message
    /// can bring them.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="state">What Redis said of it before the log was read.</param>
    /// <param name="sequence">The partition's newest message at that time.</param>
    /// <param name="blocks">The blocks, in order.</param>
    public void CatchUp(Channel channel, ChannelState state, long sequence, IReadOnlyList<LoggedBlock> blocks)
    {
        lock (_gate)
        {
            _holes.Remove(channel.Id, out var found);
            var hole = found?.Epoch == state.Epoch ? found : null;
            var lost = _sequence >= sequence ? long.MaxValue : hole is not null && hole.Sequence <= _sequence ? hole.End : 0;
            foreach (var read in blocks)
            {
                if (!TryReach(read.Offset))
                    return;

                // The blocks of a channel that a node gave back begin and end where they will.
                var next = channel.ReadHead().Next;
                var block = read.Offset < next && read.End > next ? read.From(next) : read;

                // The log keeps a block under the epoch in which it came, which may be an earlier one of the channel.
                registry.Apply(channel, block with { Epoch = channel.Epoch, TakenIn = block.Epoch });
            }

            if (!TryReach(state.Next))
                return;

            // The block that brought them may be gone from the log already.
            if (state.Settings is { } settings && settings != channel.Settings)
                registry.Apply(channel, new LoggedBlock(SettingsAlone(channel, settings), state.Epoch, state.Next));

            // Passes over the rows before, as far as they are lost.
            bool TryReach(long offset)
            {
                channel.SkipTo(state.Epoch, Math.Min(offset, lost));
                if (channel.ReadHead().Next >= offset)
                    return true;
                _holes[channel.Id] = hole?.Sequence > _sequence ? hole : new Hole(state.Epoch, sequence, offset);
                return false;
            }
        }
    }

    /// <summary>Takes note of a channel that is not followed, and may be new here.</summary>
    public void Note(ChannelId id, ChannelState state)
    {
        lock (_gate)
        {
            var channel = registry.Find(id);
            var isNew = channel is null;
            channel ??= registry.Create(id, state.Epoch, isFollowed: false);
            if (channel.WantsBlocks)
                return;
            if (channel.Epoch != state.Epoch && (state.Lineage.EndOf(channel.Epoch) is not null || state.IsAsNewAs(channel)))
            {
                state = state.JoinedBy(channel);
                registry.Rebase(id, state.Epoch, state.Lineage, state.Next, SchemaOf(state, channel));
            }

            channel.TrySkip(new ChannelNews(state.Epoch, state.Next, SchemaOf(state, channel), state.Settings, state.LastTime, state.Lineage, IsLive: isNew));
            if (isNew)
                registry.Add(channel);
        }
    }

    /// <summary>Takes that a channel is gone.</summary>
    public void Remove(ChannelId channel, string epoch)
    {
        lock (_gate)
        {
            registry.Remove(channel, epoch);
            _known.Remove(channel.Text);
        }
    }

    private static Block SettingsAlone(Channel channel, ChannelSettings settings)
    {
        var schema = channel.ReadHead().Schema;
        return new Block
        {
            Channel = channel.Id,
            BaseHash = schema.Hash,
            Schema = schema,
            Columns = [.. schema.Fields.Select(static field => Column.Nulls(field.Type.Kind(), 0))],
            Count = 0,
            Bytes = 0,
            Settings = settings,
        };
    }

    /// <summary>Makes suspects of the channels whose rows did not come with the messages that might have brought them.</summary>
    private void SuspectHoles()
    {
        foreach (var (id, hole) in _holes)
        {
            if (registry.Find(id) is not { IsFollowed: true } channel || channel.Epoch != hole.Epoch || channel.ReadHead().Next >= hole.End)
                _holes.Remove(id);
            else if (hole.Sequence <= _sequence)
                _suspects.Add(id);
        }
    }

    private Schema SchemaOf(ChannelState state, Channel channel) => schemas.Find(state.SchemaHash) ?? channel.ReadHead().Schema;

    private void Take(in MessageBlock block, LoggedBlock? logged = null)
    {
        if (Find(block.Channel) is not { } known)
            return;
        var (id, channel) = (known.Id, known.Channel ??= registry.Find(known.Id));
        if (block.Kind == MessageBlockKind.Remove)
        {
            registry.Remove(id, block.Epoch);
            _known.Remove(block.Channel);
            if (channel is not null && channel.Epoch != block.Epoch)
                _suspects.Add(id);
            return;
        }

        schemas.Add(block.Schema);
        var schema = block.SchemaHash == _schema.Hash ? _schema : schemas.Find(block.SchemaHash);
        _schema = schema ?? _schema;
        if (block.Kind == MessageBlockKind.Seed || schema is null || (channel is null && block.Offset != 0) || (channel is not null && channel.Epoch != block.Epoch))
        {
            _suspects.Add(id);
            return;
        }

        var isNew = channel is null;
        channel ??= registry.Create(id, block.Epoch, registry.IsWanted(id));
        if (channel.WantsBlocks)
            Apply(channel, block, schema, logged);
        else if (!channel.TrySkip(new ChannelNews(block.Epoch, block.Offset + block.Count, schema, logged?.Block.Settings ?? SchemaText.ReadSettings(block.Settings), block.LastTime, null, IsLive: true)))
            _suspects.Add(id);
        if (isNew)
            registry.Add(channel);
    }

    private void Apply(Channel channel, in MessageBlock block, Schema schema, LoggedBlock? logged)
    {
        // Blocks of this node's own calls come twice; those with rows need not be read again.
        if (block.Count > 0 && channel.IsFollowed && block.Offset < channel.ReadHead().Next)
            return;
        logged ??= PartitionLog.ToBlock(channel.Id, block, schema, block.Rows);
        if (logged is not null)
        {
            Apply(channel, logged);
            return;
        }

        metrics.CountBackplane(BackplaneEvent.Damaged);
        _suspects.Add(channel.Id);
    }

    private void Apply(Channel channel, LoggedBlock logged)
    {
        switch (registry.Apply(channel, logged))
        {
            case ApplyResult.Parked:
                _parked.TryAdd(channel.Id, time.GetTimestamp());
                break;
            case ApplyResult.ForeignEpoch or ApplyResult.Hole:
                _suspects.Add(channel.Id);
                break;
        }
    }

    /// <summary>Null for a text that somebody else wrote into the partition.</summary>
    private Known? Find(string text)
    {
        if (_known.TryGetValue(text, out var known))
            return known;
        try
        {
            known = new Known(ChannelId.Parse(text));
        }
        catch (ProtocolException)
        {
            metrics.CountBackplane(BackplaneEvent.Damaged);
            return null;
        }

        // Nodes write ids in one form. Another form of the same would not be found when the channel goes.
        if (known.Id.Text == text)
            _known[text] = known;
        return known;
    }

    /// <summary>Rows up to an offset that the log did not have when the partition's newest message was this one.</summary>
    private sealed record Hole(string Epoch, long Sequence, long End);

    /// <summary>A channel of the partition. Channels come and go under _gate alone, so that one that was found stays the right one.</summary>
    private sealed class Known(ChannelId id)
    {
        public ChannelId Id => id;

        public Channel? Channel { get; set; }
    }
}
