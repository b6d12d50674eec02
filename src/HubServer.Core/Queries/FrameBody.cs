namespace HubServer.Core;

/// <summary>A run of rows, encoded.</summary>
/// <param name="Bytes">The <c>data</c> map.</param>
/// <param name="Start">The offset of the first row in it, above the one asked for where rows were gone.</param>
/// <param name="End">The offset after the last row, below the one asked for where rows were lost with their epoch.</param>
internal readonly record struct FrameBody(ReadOnlyMemory<byte> Bytes, long Start, long End);
