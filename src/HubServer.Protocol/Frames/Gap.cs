namespace HubServer.Protocol;

/// <summary>Rows that a subscriber was owed and cannot get, or got and must forget.</summary>
/// <param name="Epoch">The epoch that the client held.</param>
/// <param name="From">The first offset missing, in that epoch.</param>
/// <param name="To">The last offset missing, inclusive; null when unknown.</param>
/// <param name="Reason">Why.</param>
public sealed record Gap(string Epoch, long From, long? To, GapReason Reason)
{
    internal static Gap Read(ref WireReader reader)
    {
        string epoch = "", reason = "";
        long from = 0;
        long? to = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "epoch": epoch = reader.ReadString(); break;
                case "from": from = reader.ReadInteger(); break;
                case "to": to = reader.ReadIntegerOrNull(); break;
                case "reason": reason = reader.ReadString(); break;
                default: reader.Skip(); break;
            }
        }

        return new Gap(epoch, from, to, reason switch
        {
            "lapped" => GapReason.Lapped,
            "rollback" => GapReason.Rollback,
            "reset" => GapReason.Reset,
            _ => throw reader.Error($"'{reason}' is no reason; it is lapped, rollback or reset"),
        });
    }

    internal void Write(ref WireWriter writer)
    {
        writer.BeginMap(4);
        writer.Write("epoch", Epoch);
        writer.Write("from", From);
        writer.Key("to");
        if (To is { } to)
            writer.Integer(to);
        else
            writer.Null();
        writer.Write("reason", Reason switch { GapReason.Lapped => "lapped", GapReason.Rollback => "rollback", _ => "reset" });
        writer.EndMap();
    }
}
