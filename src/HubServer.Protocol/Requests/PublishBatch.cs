namespace HubServer.Protocol;

/// <summary>Rows for one channel.</summary>
/// <param name="Channel">The channel's id.</param>
/// <param name="Rows">The rows.</param>
public sealed record PublishBatch(string Channel, Rows Rows) : IWireType<PublishBatch>
{
    /// <inheritdoc/>
    public static PublishBatch Read(ref WireReader reader)
    {
        string? channel = null;
        Rows? rows = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "channel": channel = reader.ReadString(); break;
                case "rows": rows = Rows.Read(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        if (channel is null || rows is null)
            throw reader.Error("a batch has channel and rows");
        return new PublishBatch(channel, rows);
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(2);
        writer.Write("channel", Channel);
        writer.Key("rows");
        Rows.Write(ref writer);
        writer.EndMap();
    }
}
