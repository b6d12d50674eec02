using System.Buffers;
using System.Buffers.Text;

namespace HubServer.Protocol;

/// <summary>
/// What a channel's deltas have in common as long as its epoch lasts, encoded once: everything but their position and
/// their rows. A feed of its own for each viewer writes a head for each channel and tick, and little else.
/// </summary>
public sealed class DeltaHead
{
    // A fixstr each (MessagePack specification, "str format family").
    private static readonly byte[] PackedCount = [0xA5, .. "count"u8];
    private static readonly byte[] PackedData = [0xA4, .. "data"u8];

    // What stands besides the start and the rows: the keys, the longest numbers, and in JSON what stands between.
    private const int MaxJsonRest = 49;
    private const int MaxPackedRest = 25;

    private readonly byte[] _start; // The frame up to the value of `offset`.

    /// <summary>Encodes the head.</summary>
    public DeltaHead(WireFormat format, string refId, string channel, string epoch)
    {
        Epoch = epoch;
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new WireWriter(format, buffer);
        Frame.WriteStart(ref writer, 0, refId, channel, FrameKind.Delta, epoch);
        writer.Flush();
        _start = buffer.WrittenSpan.ToArray();
        MaxBytes = _start.Length + (format == WireFormat.Json ? MaxJsonRest : MaxPackedRest);
    }

    /// <summary>The epoch in which the positions count.</summary>
    public string Epoch { get; }

    /// <summary>The most bytes that a frame takes besides its rows.</summary>
    public int MaxBytes { get; }

    /// <summary>Writes a frame around a <c>data</c> map that was encoded before, in the format of the head and of the writer.</summary>
    public void Write(ref WireWriter writer, long offset, int count, ReadOnlySpan<byte> data)
    {
        if (writer.Format == WireFormat.Json)
        {
            WriteJson(ref writer, offset, count, data);
            return;
        }

        writer.Raw(_start);
        writer.Integer(offset);
        writer.Raw(PackedCount);
        writer.Integer(count);
        writer.Raw(PackedData);
        writer.Raw(data);
    }

    /// <summary>The JSON writer takes whole values only, so the frame is put together beside it.</summary>
    private void WriteJson(ref WireWriter writer, long offset, int count, ReadOnlySpan<byte> data)
    {
        var rented = ArrayPool<byte>.Shared.Rent(MaxBytes + data.Length);
        var frame = rented.AsSpan();
        _start.CopyTo(frame);
        var at = _start.Length;
        Utf8Formatter.TryFormat(offset, frame[at..], out var digits);
        at += digits;
        Append(frame, ref at, ",\"count\":"u8);
        Utf8Formatter.TryFormat(count, frame[at..], out digits);
        at += digits;
        Append(frame, ref at, ",\"data\":"u8);
        Append(frame, ref at, data);
        Append(frame, ref at, "}"u8);
        writer.Raw(frame[..at]);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private static void Append(Span<byte> frame, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(frame[at..]);
        at += bytes.Length;
    }
}
