namespace HubServer.Protocol;

/// <summary>What a client already holds of a channel.</summary>
/// <param name="Channel">The channel's id.</param>
/// <param name="Epoch">The epoch it holds.</param>
/// <param name="Offset">The offset of the last row it holds, -1 for none.</param>
/// <param name="RefId">The target; null for every target.</param>
public sealed record Resume(string Channel, string Epoch, long Offset, string? RefId = null) : IWireType<Resume>
{
    /// <inheritdoc/>
    public static Resume Read(ref WireReader reader)
    {
        string? refId = null, channel = null, epoch = null;
        long? offset = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "refId": refId = reader.ReadStringOrNull(); break;
                case "channel": channel = reader.ReadString(); break;
                case "epoch": epoch = reader.ReadString(); break;
                case "offset": offset = reader.ReadInteger(); break;
                default: reader.Skip(); break;
            }
        }

        if (channel is null || epoch is null || offset is not >= -1)
            throw reader.Error("a position to resume from has channel, epoch and offset (-1 for no row)");
        return new Resume(channel, epoch, offset.Value, refId);
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(RefId is null ? 3 : 4);
        if (RefId is not null)
            writer.Write("refId", RefId);
        writer.Write("channel", Channel);
        writer.Write("epoch", Epoch);
        writer.Write("offset", Offset);
        writer.EndMap();
    }
}
