using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Sources;

/// <summary>Finds values in a round.</summary>
internal static class ReadingValues
{
    /// <summary>The texts of the round's channels without the host label, which differs from machine to machine.</summary>
    public static IEnumerable<string> Channels(this IEnumerable<(ChannelId Channel, Rows Rows)> round) => round
        .Select(reading => new ChannelId(
            reading.Channel.Name,
            Labels.From(reading.Channel.Labels.Pairs.Where(pair => pair.Key != "host"))).Text)
        .Order(StringComparer.Ordinal);

    public static Rows Of(this IEnumerable<(ChannelId Channel, Rows Rows)> round, string name, string label = "", string value = "") =>
        round.Single(reading => reading.Channel.Name == name && (label.Length == 0 || reading.Channel.Labels[label] == value)).Rows;

    /// <summary>The field's value in the only row; null where it is null.</summary>
    public static double? Value(this Rows rows, string field)
    {
        Assert.Equal(1, rows.Count);
        var index = rows.Fields.Select(one => one.Name).ToList().IndexOf(field);
        Assert.True(index >= 0, $"there is no field {field}");
        return rows.Columns[index].IsNull(0) ? null : rows.Columns[index].Numbers[0];
    }
}
