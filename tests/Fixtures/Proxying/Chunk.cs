namespace HubServer.Fixtures.Proxying;

/// <summary>What one read of a proxy gave; empty for the end of what is sent.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="ReadAt">When it was read.</param>
/// <param name="JitterShare">Which part of the jitter it gets.</param>
internal readonly record struct Chunk(ReadOnlyMemory<byte> Bytes, long ReadAt, double JitterShare);
