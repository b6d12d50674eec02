using System.Text.Json.Serialization;
using HubServer.Protocol;
using MessagePack;

namespace HubServer.Client;

/// <summary>
/// An item, or what is wrong with it. SignalR's client would end the connection, and with it every other query, over an
/// item that it cannot read; the contract asks for no more than to query again.
/// </summary>
/// <param name="Item">The item, where it could be read.</param>
/// <param name="Fault">Why it could not.</param>
[JsonConverter(typeof(ReceivedItemJsonConverter))]
[MessagePackFormatter(typeof(ReceivedItemMessagePackFormatter))]
internal sealed record ReceivedItem(Item? Item, string? Fault = null)
{
    private const int BytesPerItem = 512; // An item and its lists.
    private const int BytesPerFrame = 512; // A frame, its columns and their arrays.
    private const int BytesPerText = 24; // A string, besides its characters of two bytes.

    /// <summary>About the memory that it takes.</summary>
    public long Bytes { get; } = BytesPerItem + (Item?.Frames.Sum(Size) ?? 0);

    private static long Size(Frame frame)
    {
        long bytes = BytesPerFrame;
        foreach (var column in frame.Data)
        {
            bytes += ((long)column.Numbers.Length * sizeof(double)) + column.Booleans.Length + ((long)column.Strings.Length * BytesPerText);
            foreach (var text in column.Strings)
                bytes += (text?.Length ?? 0) * sizeof(char);
        }

        return bytes;
    }
}
