using System.Text.RegularExpressions;
using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>A target's selector and, said again in another way, which channels it means.</summary>
internal sealed record SelectorChoice(string? Channel, string? Id, Func<string, bool> Matches)
{
    private static readonly SelectorChoice[] Choices =
    [
        new("cpu", null, id => Name(id) == "cpu"),
        new("""cpu{host="a"}""", null, id => Name(id) == "cpu" && Label(id, "host") == "a"),
        new("""cpu{host!="a"}""", null, id => Name(id) == "cpu" && Label(id, "host") != "a"),
        new("""cpu{core=~"[01]"}""", null, id => Name(id) == "cpu" && Label(id, "core") is "0" or "1"),
        new("""cpu{core!~"1|2"}""", null, id => Name(id) == "cpu" && Label(id, "core") != "1"),
        new("plant/*/temp", null, id => Regex.IsMatch(Name(id), "^plant/[^/]*/temp$")),
        new("plant/**", null, id => id.StartsWith("plant/", StringComparison.Ordinal)),
        new("**", null, _ => true),
        new("""{host="a"}""", null, id => Label(id, "host") == "a"),
        new("nothing", null, _ => false),
    ];

    public static SelectorChoice Draw(Random random, string[] channels)
    {
        if (random.Next(4) != 0)
            return Choices[random.Next(Choices.Length)];
        var id = channels[random.Next(channels.Length)];
        return new SelectorChoice(null, id, other => other == id);
    }

    public Target ToTarget(string refId, string[]? fields, SampleMode sample) =>
        new() { RefId = refId, Channel = Channel, Id = Id, Fields = fields, Sample = sample };

    private static string Name(string id) => id.Split('{')[0];

    private static string Label(string id, string name)
    {
        var match = Regex.Match(id, name + "=\"([^\"]*)\"");
        return match.Success ? match.Groups[1].Value : "";
    }
}
