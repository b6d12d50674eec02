using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>What was published, as the backplane ordered it. Safe from any thread.</summary>
internal sealed class Truth(Func<string, int> capacityOf)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Channel, string Epoch), Incarnation> _all = [];
    private readonly Dictionary<string, Incarnation> _live = [];
    private readonly Dictionary<double, (Incarnation In, long Offset)> _bySerial = [];

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
            Expect.That(offset == into.Next, $"{key}: a block at {offset} where {into.Next} is next");
            into.Fields = [.. block.Schema.Fields.Select(field => field.Key)];
            for (var row = 0; row < block.Count; row++)
            {
                var added = RowAt(block, row);
                Expect.That(_bySerial.TryAdd(added.Serial, (into, into.Next)), $"{key}: row {added.Serial} was appended twice");
                into.Rows.Add(added);
            }
        }
    }

    public void Remove(string channel, string epoch)
    {
        lock (_gate)
        {
            _all[(channel, epoch)].IsRemoved = true;
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
