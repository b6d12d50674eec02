using System.Text.Json.Serialization;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>What became of one batch.</summary>
/// <param name="Channel">The channel's id.</param>
/// <param name="Epoch">The epoch in which the rows stand; empty where none was taken.</param>
/// <param name="Offset">The offset of the batch's first row; -1 where none was taken.</param>
/// <param name="Count">The rows taken: all of them unless there is an error.</param>
/// <param name="Error">Why rows were not taken.</param>
[JsonConverter(typeof(WireJsonConverter<PublishResult>))]
[MessagePackFormatter(typeof(WireMessagePackFormatter<PublishResult>))]
public sealed record PublishResult(string Channel, string Epoch, long Offset, int Count, ItemError? Error = null)
    : IWireType<PublishResult>
{
    /// <inheritdoc/>
    public static PublishResult Read(ref WireReader reader)
    {
        string channel = "", epoch = "";
        long offset = -1;
        var count = 0;
        ItemError? error = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "channel": channel = reader.ReadString(); break;
                case "epoch": epoch = reader.ReadString(); break;
                case "offset": offset = reader.ReadInteger(); break;
                case "count": count = reader.ReadCountOrNull() ?? 0; break;
                case "error": error = reader.TryReadNull() ? null : ItemError.Read(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        return new PublishResult(channel, epoch, offset, count, error);
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(Error is null ? 4 : 5);
        writer.Write("channel", Channel);
        writer.Write("epoch", Epoch);
        writer.Write("offset", Offset);
        writer.Write("count", Count);
        if (Error is not null)
        {
            writer.Key("error");
            Error.Write(ref writer);
        }

        writer.EndMap();
    }
}
