using HubServer.Protocol;

namespace HubServer.History;

/// <summary>
/// What a subscriber has to remember to go on elsewhere, by PROTOCOL.md 6.2 and 6.5: a position for each target and
/// channel. It refuses a frame that breaks the contract. The checker does not use it: it reads the frames once more.
/// </summary>
internal sealed class HeldPositions
{
    private readonly Dictionary<(string RefId, string Channel), Position> _held = []; // The offset is that of the next row.
    private readonly Dictionary<(string RefId, string Channel), Position> _parts = []; // Where pasts in parts have got to.
    private readonly Dictionary<string, long> _shown = [];

    /// <summary>Rows shown of a channel, in all targets and calls, those shown again included.</summary>
    public long ShownOf(string channel) => _shown.GetValueOrDefault(channel);

    /// <summary>The channel's position in the first target that holds it: its offset is that of the next row.</summary>
    public Position? PositionOf(string channel)
    {
        foreach (var (key, position) in _held)
        {
            if (key.Channel == channel)
                return position;
        }

        return null;
    }

    /// <summary>Begins a call: nothing of a past in parts counts that did not come to its end.</summary>
    public List<Resume> Resume()
    {
        _parts.Clear();
        return [.. _held.Select(held => new Resume(held.Key.Channel, held.Value.Epoch, held.Value.Offset - 1, held.Key.RefId))];
    }

    /// <summary>Takes a frame's position over; false where the contract forbids the frame.</summary>
    public bool TryApply(Frame frame)
    {
        var key = (frame.RefId, frame.Channel);
        if (frame.Kind == FrameKind.Removed)
            return _held.Remove(key) & !_parts.Remove(key);

        var isSplit = _parts.TryGetValue(key, out var at);
        if (frame.Kind == FrameKind.Delta && !isSplit && !_held.TryGetValue(key, out at))
            return false;
        if (frame.Kind == FrameKind.Snapshot ? isSplit : frame.Offset != Expected(frame, at))
            return false;

        _shown[frame.Channel] = _shown.GetValueOrDefault(frame.Channel) + frame.Count;
        var next = new Position(frame.Epoch, frame.Offset + frame.Count);
        if (frame.More)
        {
            _parts[key] = next;
            return true;
        }

        _parts.Remove(key);
        _held[key] = next;
        return true;
    }

    /// <summary>Forgets a channel's position, so that the next call asks for all of it.</summary>
    public void Forget(Frame frame) => _held.Remove((frame.RefId, frame.Channel));

    private static long? Expected(Frame frame, Position held) => frame.Gap switch
    {
        null => held.Offset,
        { Reason: GapReason.Lapped } lapped => lapped.To + 1,
        { Reason: GapReason.Rollback } rollback => rollback.From,
        _ => frame.Offset,
    };
}
