using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// Everything that leads one subscription from its own positions to one Cut: its first past, its resume, what a slow
/// socket missed, and a lap. Ends exactly at that Cut, where the shared items go on.
/// </summary>
internal sealed class PrivateRun
{
    private readonly Cut? _held;
    private readonly Cut _target;
    private readonly Shape _shape;
    private readonly Dictionary<(string RefId, ChannelId Channel), Position> _resume;
    private readonly FeedContext _context;
    private readonly Queue<(Member Member, long Next)> _left = [];
    private CutEntry[]? _ahead; // The target's entries with those replaced in which the client is further.
    private OwedRows? _owed;
    private int _index;

    public PrivateRun(Cut? held, Cut target, Shape shape, Dictionary<(string RefId, ChannelId Channel), Position> resume, FeedContext context)
    {
        _held = held;
        _target = target;
        _shape = shape;
        _resume = resume;
        _context = context;
        if (held is null || ReferenceEquals(held.Members, target.Members))
            return;

        var stays = target.Members.ToHashSet();
        for (var i = 0; i < held.Members.Length; i++)
        {
            if (!stays.Contains(held.Members[i]))
                _left.Enqueue((held.Members[i], held.Entries[i].Next));
        }
    }

    /// <summary>The Cut that the run leads to.</summary>
    public Cut Target => _target;

    /// <summary>Whether rows were gone before they could be sent.</summary>
    public bool HasLapped { get; private set; }

    /// <summary>Whether everything has been added to an item.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The errors to send, where they changed.</summary>
    public IReadOnlyList<ItemError>? ChangedErrors
    {
        get
        {
            var isKnown = _held is null ? _target.Errors.Count == 0 : ReferenceEquals(_held.Errors, _target.Errors);
            return isKnown ? null : _target.Errors;
        }
    }

    /// <summary>Where the subscription stands once the run is finished: the target, or the same with positions ahead of it.</summary>
    public Cut Result => _ahead is null
        ? _target
        : new Cut { Number = Cut.Private, Members = _target.Members, Entries = _ahead, Errors = _target.Errors };

    /// <summary>Adds frames until the item is large enough or everything is in it.</summary>
    public void Fill(ItemBuilder item)
    {
        while (_left.TryDequeue(out var left))
            item.AddRemoved(left.Member.Target.RefId, left.Member.Channel.Id.Text, left.Member.Channel.Epoch, left.Next);

        while (item.Bytes < _context.Options.PartBytes)
        {
            if (_owed is not null && _owed.TryAddPart(item, out var lapped))
            {
                HasLapped |= lapped;
                continue;
            }

            if (_index == _target.Members.Length)
            {
                AddForgotten(item);
                IsFinished = true;
                return;
            }

            _owed = Begin(_index++);
        }
    }

    private OwedRows? Begin(int index)
    {
        var member = _target.Members[index];
        if (_held is not null && _held.TryFind(member, index, out var stood))
            return Continue(index, stood.Next, stood.View);
        if (!_resume.Remove((member.Target.RefId, member.Channel.Id), out var position))
            return Snapshot(index, owedFrom: null, gap: null);
        if (position.Epoch != member.Channel.Epoch)
            return Snapshot(index, owedFrom: null, new Gap(position.Epoch, position.Offset, null, GapReason.Reset));
        return Continue(index, position.Offset, seen: null);
    }

    /// <summary>Goes on from a position; the client has seen a description of the fields, or resumes and has not.</summary>
    private OwedRows? Continue(int index, long next, View? seen)
    {
        var member = _target.Members[index];
        var entry = _target.Entries[index];
        if (next > entry.Next)
        {
            var head = member.Channel.ReadHead();
            if (next > head.Next)
                return Snapshot(index, owedFrom: null, new Gap(member.Channel.Epoch, head.Next, next - 1, GapReason.Rollback));

            // The client got these rows elsewhere before this feed's tick: it must not get them again, nor lose fields
            // that it saw there.
            _ahead ??= (CutEntry[])_target.Entries.Clone();
            _ahead[index] = entry = new CutEntry(next, member.View(head));
        }

        if (seen is not null && entry.Next - next > _shape.MaxDataPoints)
            return Snapshot(index, owedFrom: next, gap: null);
        if (entry.Next == next && seen is not null && entry.View.IsSeenAs(seen))
            return null;

        // What one client missed is its own; a past, or what all clients miss after an outage, is wanted by many.
        var frame = new FrameHead(FrameKind.Delta, OwedFrom: next, WithSchema: seen is null || !entry.View.IsSeenAs(seen), Keep: seen is null);
        if (seen is not null)
            frame = frame with { Sample = member.Target.Sample };
        return new OwedRows(member, entry.View, next, entry.Next, frame, _context.Options.PartBytes);
    }

    private OwedRows Snapshot(int index, long? owedFrom, Gap? gap)
    {
        var member = _target.Members[index];
        var entry = _target.Entries[index];

        // All rows of a channel that appeared while the query ran are live, whatever past was asked for.
        var isLive = _held is not null && owedFrom is null && member.IsNew;
        var (rows, from) = isLive ? (null, null) : (_shape.Rows[member.TargetIndex], _shape.From);
        var (start, end) = member.Channel.FindPast(entry.Next, rows, from, _shape.To);
        var head = new FrameHead(FrameKind.Snapshot, owedFrom, WithSchema: true, gap, Keep: true);
        return end - start > _shape.MaxDataPoints
            ? new OwedRows(member, entry.View, start, end, head, _context.Options.PartBytes, _shape.MaxDataPoints.Value)
            : new OwedRows(member, entry.View, start, end, head, _context.Options.PartBytes);
    }

    /// <summary>
    /// Says which channels the client resumes that were removed meanwhile. One of an epoch that the backplane does
    /// not remember may come back with its publisher, and its position is kept until then.
    /// </summary>
    private void AddForgotten(ItemBuilder item)
    {
        if (_held is not null || _resume.Count == 0)
            return;
        foreach (var ((refId, channel), position) in _resume.ToArray())
        {
            if (!_context.Backplane.Remembers(position.Epoch) || _context.Registry.Find(channel) is not null)
                continue;
            _resume.Remove((refId, channel));
            item.AddRemoved(refId, channel.Text, position.Epoch, position.Offset);
        }
    }
}
