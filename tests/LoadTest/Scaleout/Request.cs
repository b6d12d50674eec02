using System.Buffers.Binary;

namespace HubServer.LoadTest.Scaleout;

/// <summary>A request that is sent over and over.</summary>
/// <param name="Message">Its bytes, of which only a stamp changes.</param>
/// <param name="Rows">The rows in it.</param>
internal sealed record Request(byte[] Message, int Rows)
{
    /// <summary>The last argument ends with an empty array, of one byte, and the block before it with the last column.</summary>
    private const int FromEnd = 1 + sizeof(double);

    /// <summary>Writes the last value of the last column, which no call that is under way shares.</summary>
    public void Stamp(double stamp) => BinaryPrimitives.WriteDoubleLittleEndian(Message.AsSpan(Message.Length - FromEnd), stamp);
}
