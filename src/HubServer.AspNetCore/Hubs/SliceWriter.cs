using System.Buffers;
using System.Diagnostics;

namespace HubServer.AspNetCore.Hubs;

/// <summary>
/// Writes a message of a known length in slices, each of which becomes a WebSocket frame: one array for a large item
/// would come from the heap of large objects, and a slow client would have to take all of it within one send's time.
/// </summary>
internal ref struct SliceWriter
{
    /// <summary>So little under a power of two that a frame's head fits before it into an array of the pool.</summary>
    private const int SliceBytes = 16_000;

    private readonly IBufferWriter<byte> _output;
    private Span<byte> _slice;
    private int _at;
    private int _remaining;

    public SliceWriter(IBufferWriter<byte> output, int length)
    {
        _output = output;
        _remaining = length;
        Next();
    }

    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        Debug.Assert(bytes.Length <= _remaining - _at, "the length was known");
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, _slice.Length - _at);
            bytes[..count].CopyTo(_slice[_at..]);
            _at += count;
            bytes = bytes[count..];
            if (_at < _slice.Length)
                return;

            _output.Advance(_at);
            _remaining -= _at;
            Next();
        }
    }

    private void Next()
    {
        var length = Math.Min(_remaining, SliceBytes);
        _slice = length == 0 ? default : _output.GetSpan(length)[..length];
        _at = 0;
    }
}
