using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>What was published, as the backplane ordered it. Safe from any thread.</summary>
internal sealed class Truth(Func<string, int> capacityOf)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Channel, string Epoch), Incarnation> _all = [];
    private readonly Dictionary<string, Incarnation> _live = [];
    private readonly Dictionary<double, (Incarnation In, long Offset)> _bySerial = [];
    private readonly HashSet<double> _lost = [];

    public Incarnation[] Live
    {
        get
        {
            lock (_gate)
                return [.. _live.Values.OrderBy(live => live.Channel, StringComparer.Ordinal)];
        }
    }

    /// <summary>The epochs of all channels so far.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _all.Count;
        }
    }

    public Incarnation? Find(string channel, string epoch)
    {
        lock (_gate)
            return _all.GetValueOrDefault((channel, epoch));
    }

    public Incarnation? FindLive(string channel)
    {
        lock (_gate)
            return _live.GetValueOrDefault(channel);
    }

    public bool TryLocate(double serial, out Incarnation? found, out long offset)
    {
        lock (_gate)
        {
            var known = _bySerial.TryGetValue(serial, out var at);
            (found, offset) = at;
            return known;
        }
    }

    /// <summary>The channels' changes of epoch that lost rows.</summary>
    public int Losses { get; private set; }

    /// <summary>Takes that a channel went on in another epoch with its rows before <paramref name="end"/>, or with none.</summary>
    public void Rebase(string channel, string from, string to, long? end, Schema schema)
    {
        lock (_gate)
        {
            var old = _all[(channel, from)];
            var into = new Incarnation(channel, to, _all.Count, old.Capacity) { LargestCapacity = old.LargestCapacity, Parent = end is null ? null : old, End = end ?? 0, Fields = [.. schema.Fields.Select(field => field.Key)] };
            into.Rows.AddRange(old.Rows.Take((int)(end ?? 0)));
            foreach (var lost in old.Rows.Skip((int)(end ?? 0)))
                _lost.Add(lost.Serial);
            Losses += into.Next < old.Next ? 1 : 0;
            for (var at = end is null ? old : null; at is not null; at = at.Parent)
                at.IsRemoved = true;
            _all.Add((channel, to), into);
            _live[channel] = into;
        }
    }

    /// <summary>The offset up to which a channel's rows of one epoch are those of another that came from it; null where it did not.</summary>
    public long? EndOf(string channel, string epoch, string later)
    {
        lock (_gate)
        {
            var end = long.MaxValue;
            for (var at = _all.GetValueOrDefault((channel, later)); at is not null; at = at.Parent)
            {
                if (at.Epoch == epoch)
                    return end;
                end = Math.Min(end, at.End);
            }

            return null;
        }
    }

    /// <summary>Takes a block at the position that the backplane gave it; one that it gave before is a retry's.</summary>
    public void Append(Block block, string epoch, long offset)
    {
        lock (_gate)
        {
            var key = (block.Channel.Text, epoch);
            if (!_all.TryGetValue(key, out var into))
            {
                into = new Incarnation(block.Channel.Text, epoch, _all.Count, capacityOf(block.Channel.Text));
                _all.Add(key, into);
                _live[into.Channel] = into;
            }

            if (offset + block.Count <= into.Next && block.PublisherId is not null)
                return;
            into.Capacity = Math.Min(into.Capacity, block.Settings?.Capacity ?? int.MaxValue);
            into.LargestCapacity = Math.Max(into.LargestCapacity, block.Settings?.Capacity ?? 0);
            Expect.That(offset == into.Next, $"{key}: a block at {offset} where {into.Next} is next");
            into.Fields = [.. block.Schema.Fields.Select(field => field.Key)];
            for (var row = 0; row < block.Count; row++)
            {
                var added = RowAt(block, row);
                Expect.That(_lost.Remove(added.Serial) || !_bySerial.ContainsKey(added.Serial), $"{key}: row {added.Serial} was appended twice");
                _bySerial[added.Serial] = (into, into.Next);
                into.Rows.Add(added);
            }
        }
    }

    public void Remove(string channel, string epoch)
    {
        lock (_gate)
        {
            for (var at = _all[(channel, epoch)]; at is not null; at = at.Parent)
                at.IsRemoved = true;
            _live.Remove(channel);
        }
    }

    public static object? ValueAt(Column column, int row)
    {
        if (column.IsNull(row))
            return null;
        return column.Kind switch
        {
            ColumnKind.Number => column.Numbers[row],
            ColumnKind.String => column.Strings[row],
            _ => column.Booleans[row] == 1,
        };
    }

    private static TruthRow RowAt(Block block, int row)
    {
        var values = new Dictionary<string, object>();
        for (var i = 0; i < block.Columns.Length; i++)
        {
            if (ValueAt(block.Columns[i], row) is { } value)
                values.Add(block.Schema.Fields[i].Key, value);
        }

        return new TruthRow(values);
    }
}
