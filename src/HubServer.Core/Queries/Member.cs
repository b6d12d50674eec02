using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>One channel in one target of a feed.</summary>
internal sealed class Member(Feed feed, TargetPlan target, int targetIndex, Channel channel, bool isNew)
{
    private int _isDirty;
    private readonly DeltaHead?[] _deltaHeads = new DeltaHead?[2]; // By WireFormat; as for _view.
    private View? _view; // The view last made; the feed's tick and private items may race to replace it with an equal one.

    public TargetPlan Target => target;

    public int TargetIndex => targetIndex;

    public Channel Channel => channel;

    /// <summary>Whether the channel came into being while the feed ran, so that its first row is no past to who was there.</summary>
    public bool IsNew => isNew;

    /// <summary>The member's place in the feed's newest Cut, -1 once it left. Used by the feed's tick alone.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Says that the channel changed. Only the first call since the feed looked has any effect.</summary>
    public void MarkDirty()
    {
        if (Interlocked.Exchange(ref _isDirty, 1) == 0)
            feed.OnDirty(this);
    }

    /// <summary>
    /// Forgets the mark. The feed does so before it reads the channel's head: a change between the two marks the
    /// member again, and one before is in the head.
    /// </summary>
    public void ClearDirty() => Interlocked.Exchange(ref _isDirty, 0);

    /// <summary>What the channel's deltas in this epoch have in common.</summary>
    public DeltaHead DeltaHead(WireFormat format, string epoch)
    {
        var head = _deltaHeads[(int)format];
        if (head is null || head.Epoch != epoch)
            _deltaHeads[(int)format] = head = new DeltaHead(format, target.RefId, channel.Id.Text, epoch);
        return head;
    }

    public View View(ChannelHead head)
    {
        var view = _view;
        if (view is null || !view.IsOf(head))
            _view = view = Core.View.Of(target, channel, head);
        return view;
    }
}
