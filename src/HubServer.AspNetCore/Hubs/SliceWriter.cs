using System.Buffers;
using System.Diagnostics;

namespace HubServer.AspNetCore.Hubs;

/// <summary>
/// Writes a message of a known length in slices. SignalR sends each as a WebSocket frame, whose bytes the WebSocket
/// copies into one array and Kestrel takes in whole, whatever its limit: in one piece, a large item costs a stalled
/// socket several times its size. In small pieces, each costs a flush.
/// </summary>
internal ref struct SliceWriter
{
    /// <summary>
    /// The pipe's own segment, so that a small message stays in one piece. Slices of 32 KB were no faster (6.6 against
    /// 6.5 ms of CPU for a megabyte of 290 KB items) and left megabytes in the pool that all buffers come from.
    /// </summary>
    private const int SliceBytes = 4 << 10;

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
