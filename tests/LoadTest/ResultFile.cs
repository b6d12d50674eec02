using System.Runtime.InteropServices;
using System.Text.Json;

namespace HubServer.LoadTest;

/// <summary>The file of a run's results.</summary>
internal static class ResultFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>What the results were measured on.</summary>
    public static object Machine => new { cores = Environment.ProcessorCount, runtime = RuntimeInformation.FrameworkDescription, os = RuntimeInformation.OSDescription };

    public static void Write(string path, object content) => File.WriteAllText(path, JsonSerializer.Serialize(content, Json) + "\n");
}
