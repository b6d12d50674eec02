using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HubServer.Client.Tests.Fixtures;

/// <summary>What the environment says of long runs, and the file that keeps their figures.</summary>
internal static class TestSettings
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, IndentSize = 1 };

    /// <summary>Where figures go; null where nobody keeps them.</summary>
    public static string? ResultPath => Environment.GetEnvironmentVariable("HUBSERVER_RESULT") is { Length: > 0 } path ? path : null;

    /// <summary>A variable's number, or the one that counts without it.</summary>
    public static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Prints figures, and keeps them where the environment says so: alone, or as one part of the file.</summary>
    public static void Report(object figures, string? part = null)
    {
        var node = JsonSerializer.SerializeToNode(figures, Json);
        TestContext.Current.TestOutputHelper?.WriteLine($"{part ?? "figures"}: {node?.ToJsonString()}");
        if (ResultPath is not { } path)
            return;
        if (part is not null)
        {
            var whole = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? [] : [];
            whole[part] = node;
            node = whole;
        }

        File.WriteAllText(path, $"{node?.ToJsonString(Json)}\n");
    }
}
