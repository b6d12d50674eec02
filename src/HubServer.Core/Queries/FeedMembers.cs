using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>The channels of a feed, target by target. Used under the feed's tick lock.</summary>
internal sealed class FeedMembers(Feed feed, IReadOnlyList<TargetPlan> targets, int limit, IBackplane backplane, HubServerMetrics metrics)
{
    private readonly List<Member> _members = [];
    private readonly HashSet<(int Target, ChannelId Channel)> _known = []; // By id: a channel that came back joins once the one before has left.
    private readonly HashSet<Channel> _awaited = []; // Selected, held, and without their past yet.
    private readonly bool[] _isOverLimit = new bool[targets.Count];

    /// <summary>Whether the limit keeps channels out.</summary>
    public bool IsOverLimit => _isOverLimit.Contains(true);

    /// <summary>Whether the past of some channel that targets select is not here yet.</summary>
    public bool IsAwaiting => _awaited.Count > 0;

    public Member[] ToArray() => [.. _members];

    /// <summary>
    /// Joins a channel to the targets that select it, or asks for its past, with which it will be offered again;
    /// whether it joined any that it was not in.
    /// </summary>
    public bool Join(Channel channel, bool isNew)
    {
        // While its past was on the way the channel may have gone, and others may have taken its room.
        var joined = false;
        if (channel.ReadHead().IsRemoved || !HasRoom(channel))
        {
            StopAwaiting(channel);
            return joined;
        }

        if (!HasPast(channel))
            return joined;

        for (var i = 0; i < targets.Count; i++)
        {
            if (!IsMissing(i, channel))
                continue;
            if (_members.Count >= limit)
            {
                _isOverLimit[i] = true;
                continue;
            }

            var member = new Member(feed, targets[i], i, channel, isNew);
            _known.Add((i, channel.Id));
            _members.Add(member);
            channel.Attach(member);
            joined = true;
        }

        StopAwaiting(channel);
        return joined;
    }

    /// <summary>Forgets whom the limit kept out, before all channels are offered again.</summary>
    public void ClearLimit() => Array.Clear(_isOverLimit);

    /// <summary>Lets a member go.</summary>
    public void Leave(Member member)
    {
        member.Channel.Detach(member);
        _known.Remove((member.TargetIndex, member.Channel.Id));
        _members.Remove(member);
        member.Index = -1;
    }

    public void LeaveAll()
    {
        foreach (var member in _members)
            member.Channel.Detach(member);
        _members.Clear();
        foreach (var channel in _awaited)
            channel.Release();
        _awaited.Clear();
    }

    /// <summary>The entries of a Cut over the present members, taken from the Cut before where a member was in it.</summary>
    public CutEntry[] Arrange(CutEntry[] before)
    {
        var entries = new CutEntry[_members.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var member = _members[i];
            entries[i] = member.Index >= 0 ? before[member.Index] : Enter(member);
            member.Index = i;
        }

        return entries;
    }

    /// <summary>What cannot be served as asked; the list before where nothing changed, so that it is not sent again.</summary>
    public IReadOnlyList<ItemError> Errors(CutEntry[] entries, IReadOnlyList<ItemError> before)
    {
        var errors = new List<ItemError>();
        for (var i = 0; i < targets.Count; i++)
        {
            if (_isOverLimit[i])
                errors.Add(new ItemError(ErrorCode.LimitExceeded, $"the query matches more than {limit} channels (HubServer:Queries:MaxChannels); some are left out, so select fewer", targets[i].RefId));
        }

        for (var i = 0; i < entries.Length; i++)
        {
            var missing = entries[i].View.Missing;
            if (missing.Count == 0)
                continue;
            var has = string.Join("', '", entries[i].View.Schema.Fields.Select(field => field.Name));
            errors.Add(new ItemError(ErrorCode.NotFound, $"the channel has no field '{string.Join("', '", missing)}'; it has '{has}'", _members[i].Target.RefId, _members[i].Channel.Id.Text));
        }

        if (errors.SequenceEqual(before))
            return before;
        if (IsOverLimit && !before.Any(static error => error.Code == ErrorCode.LimitExceeded))
            metrics.CountLimit("Queries:MaxChannels");
        return errors;
    }

    private bool IsMissing(int target, Channel channel) => targets[target].Selector.Matches(channel.Id) && !_known.Contains((target, channel.Id));

    /// <summary>Whether some target takes the channel; a past that no target has room for is not asked for.</summary>
    private bool HasRoom(Channel channel)
    {
        var isFull = _members.Count + _awaited.Count - (_awaited.Contains(channel) ? 1 : 0) >= limit;
        var isMissing = false;
        for (var i = 0; i < targets.Count; i++)
        {
            if (!IsMissing(i, channel))
                continue;
            isMissing = true;
            _isOverLimit[i] |= isFull;
        }

        return isMissing && !isFull;
    }

    /// <summary>Whether the channel can join; one that cannot is awaited.</summary>
    private bool HasPast(Channel channel)
    {
        // Held before the look, so that its ring cannot go between that and joining.
        if (_awaited.Add(channel))
            channel.Hold();
        if (!channel.IsFollowed)
            backplane.Follow(channel);
        return channel.IsFollowed;
    }

    private void StopAwaiting(Channel channel)
    {
        if (_awaited.Remove(channel))
            channel.Release();
    }

    /// <summary>
    /// A member's first entry. The member was attached before, so a later change marks it; a channel that was removed
    /// before it was attached marks nothing, and is marked here.
    /// </summary>
    private static CutEntry Enter(Member member)
    {
        var head = member.Channel.ReadHead();
        if (head.IsRemoved)
            member.MarkDirty();
        return new CutEntry(head.Epoch, head.Next, member.View(head));
    }
}
