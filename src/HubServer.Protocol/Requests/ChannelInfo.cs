namespace HubServer.Protocol;

/// <summary>One channel of a list.</summary>
/// <param name="Id">The channel.</param>
/// <param name="Schema">Its fields.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Offset">The offset of its newest row, -1 if it has none.</param>
/// <param name="Rows">The rows kept.</param>
/// <param name="RowsPerSecond">The rows that came in lately, a second.</param>
/// <param name="LastTime">The newest row's time in milliseconds since 1970, null if it has none.</param>
public sealed record ChannelInfo(ChannelId Id, FrameSchema Schema, string Epoch, long Offset, int Rows, double RowsPerSecond, double? LastTime)
    : IWireType<ChannelInfo>
{
    /// <inheritdoc/>
    public static ChannelInfo Read(ref WireReader reader)
    {
        string id = "", epoch = "";
        FrameSchema? schema = null;
        long offset = -1;
        var rows = 0;
        double rowsPerSecond = 0;
        double? lastTime = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "id": id = reader.ReadString(); break;
                case "schema": schema = FrameSchema.Read(ref reader); break;
                case "epoch": epoch = reader.ReadString(); break;
                case "offset": offset = reader.ReadInteger(); break;
                case "rows": rows = reader.ReadCountOrNull() ?? 0; break;
                case "rowsPerSecond": rowsPerSecond = reader.ReadNumber(); break;
                case "lastTime": lastTime = reader.ReadNumberOrNull(); break;
                default: reader.Skip(); break;
            }
        }

        return new ChannelInfo(ChannelId.Parse(id), schema ?? new FrameSchema(null, id, Protocol.Schema.Empty), epoch, offset, rows, rowsPerSecond, lastTime);
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(9);
        writer.Write("id", Id.Text);
        writer.Write("name", Id.Name);
        RowField.WriteLabels(ref writer, Id.Labels);
        writer.Key("schema");
        Schema.Write(ref writer);
        writer.Write("epoch", Epoch);
        writer.Write("offset", Offset);
        writer.Write("rows", Rows);
        writer.Key("rowsPerSecond");
        writer.Number(RowsPerSecond);
        writer.Key("lastTime");
        if (LastTime is { } time && double.IsFinite(time))
            writer.Number(time);
        else
            writer.Null();
        writer.EndMap();
    }
}
