using System.Collections.Concurrent;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// Encodes runs of rows, and keeps what was used lately within a budget: the pages of long pasts, so that a
/// thousand joins cost one encoding, and the newest rows of channels that several feeds follow.
/// </summary>
/// <remarks>
/// Finding takes no lock and moves nothing, since feeds of their own look up every channel at every tick: it only marks
/// what it found as used. What is next to go and was used since it was last looked at is spared once (the "second
/// chance", or clock, order of page replacement).
/// </remarks>
internal sealed class FrameBodies(QueryOptions options, TimeProvider time, HubServerMetrics metrics)
{
    /// <summary>What an entry takes besides its bytes: itself, its key twice, and its places in queue and dictionary.</summary>
    private const int EntryOverhead = 200;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Key, Entry> _entries = []; // Changed under _gate.
    private readonly Queue<Entry> _next = []; // Used under _gate; who is looked at next.
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
        if (!_entries.TryGetValue(key, out var entry))
            return null;

        // Most of what is found was marked already, and a write would take the line from the other cores.
        if (!entry.IsUsed)
            entry.IsUsed = true;
        return entry.Bytes;
    }

    private void Keep(Key key, ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            var entry = new Entry(key, bytes) { Since = time.GetTimestamp() };
            if (!_entries.TryAdd(key, entry))
                return;
            _next.Enqueue(entry);
            _bytes += bytes.Length + EntryOverhead;
            LetGo(entry.Since);
        }
    }

    /// <summary>
    /// Forgets what is too much, and what nobody asked for in a while, however large the budget is: the rows of one tick
    /// are wanted within that tick, and the pages of a past while clients join.
    /// </summary>
    private void LetGo(long now)
    {
        // Each is spared once at most, also where all are used while this looks.
        var spares = _next.Count;
        while (_next.TryPeek(out var entry) && (_bytes > options.CacheBytes || time.GetElapsedTime(entry.Since, now) > options.CacheTime))
        {
            _next.Dequeue();
            if (entry.IsUsed && spares-- > 0)
            {
                entry.IsUsed = false;
                entry.Since = now;
                _next.Enqueue(entry);
                continue;
            }

            _entries.TryRemove(entry.Key, out _);
            _bytes -= entry.Bytes.Length + EntryOverhead;
        }
    }

    /// <summary>Names the channel and does not hold it, so that what is kept of a removed one is these bytes and not its ring.</summary>
    private readonly record struct Key(ChannelId Channel, string Epoch, string Fields, long From, long To, WireFormat Format)
    {
        /// <summary>Epochs are compared and not hashed: a feed looks up every channel of every tick, and there is rarely more than one.</summary>
        public override int GetHashCode() => HashCode.Combine(Channel, From, To, Format, Fields);
    }

    private sealed class Entry(Key key, ReadOnlyMemory<byte> bytes)
    {
        public Key Key => key;

        public ReadOnlyMemory<byte> Bytes => bytes;

        /// <summary>A timestamp: when it came, or was last spared. Used under the lock.</summary>
        public long Since { get; set; }

        /// <summary>Whether it was found since.</summary>
        public volatile bool IsUsed;
    }
}
