namespace HubServer.Protocol;

/// <summary>Who serves the query: part of a query's first item.</summary>
/// <param name="Version">The server's version.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Time">The server's clock when the query began, in milliseconds since 1970.</param>
public sealed record ServerInfo(string Version, string Node, double Time)
{
    internal static ServerInfo Read(ref WireReader reader)
    {
        string version = "", node = "";
        double time = 0;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "version": version = reader.ReadString(); break;
                case "node": node = reader.ReadString(); break;
                case "time": time = reader.ReadNumber(); break;
                default: reader.Skip(); break;
            }
        }

        return new ServerInfo(version, node, time);
    }

    internal void Write(ref WireWriter writer)
    {
        writer.BeginMap(3);
        writer.Write("version", Version);
        writer.Write("node", Node);
        writer.Key("time");
        writer.Number(Time);
        writer.EndMap();
    }
}
