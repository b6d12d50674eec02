using System.Buffers;

namespace HubServer.Core;

/// <summary>
/// Collects bytes in one array, whose size is about known before: it is not cleared first, and is handed on as it is.
/// </summary>
/// <param name="capacity">The bytes to begin with.</param>
public sealed class ByteWriter(int capacity) : IBufferWriter<byte>
{
    private const int LeastFree = 16;
    private const int TolerableSlack = 4; // One part in so many.

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(LeastFree, capacity));
    private int _count;

    /// <summary>What was written so far.</summary>
    public Span<byte> Written => _bytes.AsSpan(0, _count);

    /// <summary>Ends writing; a copy where what was written would keep much more in memory than it takes.</summary>
    public ReadOnlyMemory<byte> ToMemory() =>
        _bytes.Length - _count <= LeastFree + (_count / TolerableSlack) ? _bytes.AsMemory(0, _count) : Written.ToArray();

    /// <inheritdoc/>
    public void Advance(int count) => _count += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsMemory(_count);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsSpan(_count);
    }

    private void Ensure(int size)
    {
        // Nobody who asks for no certain size may get nothing.
        if (_bytes.Length - _count >= Math.Max(1, size))
            return;
        var grown = GC.AllocateUninitializedArray<byte>(checked(Math.Max(_bytes.Length * 2, _count + Math.Max(LeastFree, size))));
        Written.CopyTo(grown);
        _bytes = grown;
    }
}
