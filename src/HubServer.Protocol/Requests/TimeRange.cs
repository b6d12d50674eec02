namespace HubServer.Protocol;

/// <summary>A stretch of time, both ends inclusive, in milliseconds since 1970.</summary>
/// <param name="From">The first moment; null for the oldest row kept.</param>
/// <param name="To">The last moment; where it is given the query is history and ends.</param>
public readonly record struct TimeRange(double? From, double? To)
{
    internal static TimeRange Read(ref WireReader reader)
    {
        double? from = null, to = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "from": from = reader.ReadNumberOrNull(); break;
                case "to": to = reader.ReadNumberOrNull(); break;
                default: reader.Skip(); break;
            }
        }

        return new TimeRange(from, to);
    }

    internal void Write(ref WireWriter writer)
    {
        writer.BeginMap((From is null ? 0 : 1) + (To is null ? 0 : 1));
        if (From is { } from)
            writer.Write("from", from);
        if (To is { } to)
            writer.Write("to", to);
        writer.EndMap();
    }
}
