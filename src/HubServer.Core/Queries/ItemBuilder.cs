using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Collects the frames of one item in one format, about so many.</summary>
internal sealed class ItemBuilder(WireFormat format, FrameBodies bodies, HubServerMetrics metrics, int frames = 0)
{
    private readonly List<Part> _frames = new(frames);
    private ReadOnlyMemory<byte>? _emptyBody;

    /// <summary>About the bytes of the frames added so far.</summary>
    public int Bytes { get; private set; }

    /// <summary>The rows that the frames account for.</summary>
    public long Rows { get; private set; }

    public bool IsEmpty => _frames.Count == 0;

    /// <summary>Whether rows that were to be in it were lost with their epoch.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Adds a channel's rows from where a subscriber stands, saying so where some of them are gone.</summary>
    /// <param name="member">The channel and target.</param>
    /// <param name="from">The first offset owed.</param>
    /// <param name="to">The offset after the last one owed.</param>
    /// <param name="view">The fields.</param>
    /// <param name="head">What else the frame says.</param>
    /// <param name="reached">The offset up to which the frame goes, below <paramref name="to"/> where rows were lost with their epoch; then it is the last of its past.</param>
    /// <returns>Whether rows were gone.</returns>
    public bool AddRows(Member member, long from, long to, View view, FrameHead head, out long reached)
    {
        string? sampled = null;
        FrameBody body;
        if (head.Sample == SampleMode.All || to - from <= 1)
            body = bodies.Get(member.Channel, head.Epoch, view, from, to, format, head.Keep);
        else
            (body, sampled) = Thin(member, from, to, view, head);

        reached = body.End;
        IsBroken |= reached < to;
        return Add(member, body.Start, reached, view, head with { More = head.More && reached == to }, sampled, body.Bytes);
    }

    /// <summary>Adds rows that were chosen to stand for all of a run.</summary>
    /// <param name="member">The channel and target.</param>
    /// <param name="from">The first offset accounted for.</param>
    /// <param name="to">The offset after the last one accounted for.</param>
    /// <param name="view">The fields.</param>
    /// <param name="picked">The rows chosen.</param>
    /// <param name="head">What else the frame says.</param>
    /// <returns>Whether rows before them were owed and are not sent.</returns>
    public bool AddPicked(Member member, long from, long to, View view, Column[] picked, FrameHead head) =>
        Add(member, from, to, view, head, "minmax", bodies.Encode(picked, format));

    /// <summary>Adds a frame that says that a channel went away.</summary>
    public void AddRemoved(string refId, string channel, string epoch, long offset)
    {
        var body = _emptyBody ??= bodies.Encode([], format);
        Add(new Frame { RefId = refId, Channel = channel, Kind = FrameKind.Removed, Epoch = epoch, Offset = offset, Count = 0 }, body);
    }

    /// <summary>The item.</summary>
    public ReadOnlyMemory<byte> Build(ItemHead head)
    {
        const int headBytes = 256;
        var buffer = new ByteWriter(Bytes + headBytes);
        var writer = new WireWriter(format, buffer);
        head.Begin(ref writer, _frames.Count);
        foreach (var part in _frames)
        {
            if (part.Delta is { } delta)
                delta.Write(ref writer, part.Offset, part.Count, part.Body.Span);
            else
                part.Frame?.Write(ref writer, part.Body.Span);
        }

        ItemHead.End(ref writer);
        writer.Flush();
        return buffer.ToMemory();
    }

    private bool Add(Member member, long from, long to, View view, FrameHead head, string? sampled, ReadOnlyMemory<byte> body)
    {
        var lapped = head.Gap is null && head.OwedFrom < from;
        if (lapped)
            metrics.CountLapped();
        if (head is { Kind: FrameKind.Delta, Gap: null, More: false, WithSchema: false } && sampled is null && !lapped)
        {
            var delta = member.DeltaHead(format, head.Epoch);
            Add(new Part(null, delta, from, (int)(to - from), body), delta.MaxBytes);
            return false;
        }

        var frame = new Frame
        {
            RefId = member.Target.RefId,
            Channel = member.Channel.Id.Text,
            Kind = head.Kind,
            Epoch = head.Epoch,
            Offset = from,
            Count = (int)(to - from),
            Gap = lapped ? new Gap(head.HeldEpoch ?? head.Epoch, head.OwedFrom ?? from, from - 1, GapReason.Lapped) : head.Gap,
            Sampled = sampled,
            More = head.More,
            Schema = head.WithSchema ? view.FrameSchema : null,
        };
        Add(frame, body);
        return lapped;
    }

    private void Add(Frame frame, ReadOnlyMemory<byte> body) => Add(new Part(frame, null, frame.Offset, frame.Count, body), HeadBytes(frame));

    private void Add(Part part, int headBytes)
    {
        _frames.Add(part);
        Bytes += part.Body.Length + headBytes;
        Rows += part.Count;
    }

    /// <summary>About what a frame takes besides its rows: the keys, its names, and the schema's fields.</summary>
    private static int HeadBytes(Frame frame)
    {
        const int Keys = 120;
        const int KeysOfField = 40;
        var bytes = Keys + (2 * (frame.RefId.Length + frame.Channel.Length));
        if (frame.Schema is not null)
        {
            foreach (var field in frame.Schema.Schema.Fields)
                bytes += KeysOfField + field.Key.Length + (field.Unit?.Length ?? 0);
        }

        return bytes;
    }

    private (FrameBody Body, string? Sampled) Thin(Member member, long from, long to, View view, FrameHead head)
    {
        var (run, mode) = (member.Channel.Read(head.Epoch, from, to, view), head.Sample);
        var (columns, count) = (run.Columns, run.Count);

        // Two rows for each number field are what one bucket of a minimum and a maximum can need, and one for the newest.
        int[] picked = count == 0 ? []
            : mode == SampleMode.Last ? [count - 1]
            : Sampler.MinMax(columns, view.Types, count, (2 * view.Types.Count(type => type == FieldType.Number)) + 1);
        var thinned = Array.ConvertAll(columns, column => column.Pick(picked));
        var method = mode == SampleMode.Last ? "last" : "minmax";
        return (new FrameBody(bodies.Encode(thinned, format), run.Start, run.End), picked.Length < count ? method : null);
    }

    /// <summary>A frame: with a head of its own, or with one that deltas have in common.</summary>
    private readonly record struct Part(Frame? Frame, DeltaHead? Delta, long Offset, int Count, ReadOnlyMemory<byte> Body);
}
