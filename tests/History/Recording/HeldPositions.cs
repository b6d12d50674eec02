using HubServer.Protocol;

namespace HubServer.History;

/// <summary>
/// What a subscriber has to remember to go on elsewhere, by PROTOCOL.md 6.2 and 6.5: a position for each target and
/// channel. It refuses an item that breaks the contract. The checker does not use it: it reads the frames once more.
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

    /// <summary>
    /// Takes an item's positions over. Of one with a frame that the contract forbids nothing is applied, and that
    /// channel's position is forgotten, so that the next call asks for all of it.
    /// </summary>
    public bool TryApply(Item item)
    {
        var before = new List<((string, string) Key, Position? Held, Position? Part)>();
        foreach (var frame in item.Frames)
        {
            var key = (frame.RefId, frame.Channel);
            before.Add((key, _held.TryGetValue(key, out var held) ? held : null, _parts.TryGetValue(key, out var part) ? part : null));
            if (TryApply(key, frame))
                continue;
            before.Reverse();
            foreach (var (changed, heldBefore, partBefore) in before)
            {
                Restore(_held, changed, heldBefore);
                Restore(_parts, changed, partBefore);
            }

            _held.Remove(key);
            return false;
        }

        foreach (var frame in item.Frames)
            _shown[frame.Channel] = _shown.GetValueOrDefault(frame.Channel) + frame.Count;
        return true;
    }

    private bool TryApply((string RefId, string Channel) key, Frame frame)
    {
        if (frame.Kind == FrameKind.Removed)
            return _held.Remove(key) & !_parts.Remove(key);

        var isSplit = _parts.TryGetValue(key, out var at);
        if (frame.Kind == FrameKind.Delta && !isSplit && !_held.TryGetValue(key, out at))
            return false;
        if (frame.Kind == FrameKind.Snapshot ? isSplit : frame.Offset != Expected(frame, at))
            return false;

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

    private static void Restore(Dictionary<(string, string), Position> all, (string, string) key, Position? position)
    {
        if (position is { } known)
            all[key] = known;
        else
            all.Remove(key);
    }

    private static long? Expected(Frame frame, Position held) => frame.Gap switch
    {
        null => held.Offset,
        { Reason: GapReason.Lapped } lapped => lapped.To + 1,
        { Reason: GapReason.Rollback } rollback => rollback.From,
        _ => frame.Offset,
    };
}
