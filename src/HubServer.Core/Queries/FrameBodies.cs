using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// Encodes runs of rows, and keeps what was used lately within a budget: the pages of long pasts, so that a
/// thousand joins cost one encoding, and the newest rows of channels that several feeds follow.
/// </summary>
internal sealed class FrameBodies(QueryOptions options, TimeProvider time, HubServerMetrics metrics)
{
    /// <summary>What an entry takes besides its bytes: two list nodes, a key and a dictionary slot.</summary>
    private const int EntryOverhead = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, LinkedListNode<Entry>> _entries = []; // Used under _gate.
    private readonly LinkedList<Entry> _byUse = []; // Used under _gate; the least lately used first.
    private long _bytes; // Used under _gate.

    /// <summary>What is kept, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>The rows of a channel's epoch between two offsets, as far as they are still there, as a <c>data</c> map.</summary>
    public FrameBody Get(Channel channel, string epoch, View view, long from, long to, WireFormat format, bool keep)
    {
        var key = new Key(channel.Id, epoch, view.Key, from, to, format);
        if (keep && TryFind(key) is { } bytes)
        {
            metrics.CountBody(reused: true);
            return new FrameBody(bytes, from, to);
        }

        var run = channel.Read(epoch, from, to, view);
        var encoded = Encode(run.Columns, format);
        if (keep && run.Start == from && run.End == to)
            Keep(key, encoded);
        return new FrameBody(encoded, run.Start, run.End);
    }

    /// <summary>Columns as a <c>data</c> map.</summary>
    public ReadOnlyMemory<byte> Encode(Column[] columns, WireFormat format)
    {
        metrics.CountBody(reused: false);
        var buffer = new ByteWriter(ColumnsCodec.EstimateBytes(columns));
        var writer = new WireWriter(format, buffer);
        ColumnsCodec.WriteMap(ref writer, columns);
        writer.Flush();
        return buffer.ToMemory();
    }

    private ReadOnlyMemory<byte>? TryFind(Key key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var node))
                return null;
            _byUse.Remove(node);
            node.Value = node.Value with { UsedAt = time.GetTimestamp() };
            _byUse.AddLast(node);
            return node.Value.Bytes;
        }
    }

    private void Keep(Key key, ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (!_entries.TryAdd(key, _byUse.AddLast(new Entry(key, bytes, now))))
            {
                _byUse.RemoveLast();
                return;
            }

            _bytes += bytes.Length + EntryOverhead;

            // The rows of one tick are wanted within that tick, and the pages of a past while clients join: what nobody
            // asked for in a while is garbage, however large the budget is.
            while (_byUse.First is { } oldest && (_bytes > options.CacheBytes || time.GetElapsedTime(oldest.Value.UsedAt, now) > options.CacheTime))
            {
                _byUse.RemoveFirst();
                _entries.Remove(oldest.Value.Key);
                _bytes -= oldest.Value.Bytes.Length + EntryOverhead;
            }
        }
    }

    /// <summary>Names the channel and does not hold it, so that what is kept of a removed one is these bytes and not its ring.</summary>
    private readonly record struct Key(ChannelId Channel, string Epoch, string Fields, long From, long To, WireFormat Format)
    {
        /// <summary>Epochs and fields are compared and not hashed: a feed looks up every channel of every tick.</summary>
        public override int GetHashCode() => HashCode.Combine(Channel, From, To, Format);
    }

    private readonly record struct Entry(Key Key, ReadOnlyMemory<byte> Bytes, long UsedAt);
}
