using System.Globalization;
using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Redis;

/// <summary>A lineage as the script keeps it: <c>epoch@end;epoch@end</c>, the newest first.</summary>
internal static class LineageText
{
    public static string Of(Lineage lineage) =>
        string.Join(';', lineage.Ends.Select(static end => string.Create(CultureInfo.InvariantCulture, $"{end.Epoch}@{end.Offset}")));

    /// <summary>Reads up to the first part that is damaged: how far the epochs behind it went depends on it.</summary>
    public static Lineage Read(string text)
    {
        var ends = new List<Position>();
        foreach (var part in text.Split(';'))
        {
            var at = part.LastIndexOf('@');
            if (at <= 0 || !long.TryParse(part.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var end))
                break;
            ends.Add(new Position(part[..at], end));
        }

        return new Lineage(ends);
    }
}
