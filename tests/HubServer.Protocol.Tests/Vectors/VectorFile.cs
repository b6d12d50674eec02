using System.Text;
using System.Text.Json;

namespace HubServer.Protocol.Tests;

/// <summary>
/// A file of golden vectors, read by the tests of every language. Each case's <c>json</c> is a JSON value whose text is
/// exactly what the server writes, and <c>messagepack</c> is the same message in hexadecimal.
/// </summary>
internal static class VectorFile
{
    public static string PathOf(string family)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "HubServer.sln")))
            folder = folder.Parent;
        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "tests", "vectors", family + ".json");
    }

    public static List<(string Name, string Json, string MessagePack)> Read(string family)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(PathOf(family)));
        return
        [
            .. file.RootElement.GetProperty("cases").EnumerateArray().Select(one => (
                one.GetProperty("name").GetString() ?? "",
                one.GetProperty("json").GetRawText(),
                one.GetProperty("messagepack").GetString() ?? "")),
        ];
    }

    public static void Write(string family, IEnumerable<VectorCase> cases)
    {
        var blocks = cases.Select(one => $$"""
                {
                  "name": {{JsonSerializer.Serialize(one.Name)}},
                  "json": {{Encoding.UTF8.GetString(one.Encode(WireFormat.Json))}},
                  "messagepack": "{{Convert.ToHexStringLower(one.Encode(WireFormat.MessagePack))}}"
                }
            """);
        File.WriteAllText(PathOf(family), $$"""
            {
              "message": "{{family}}",
              "cases": [
            {{string.Join(",\n", blocks)}}
              ]
            }

            """);
    }
}
