using System.Reflection;

namespace HubServer.Client.Tests.Packages;

/// <summary>The packages, packed into a feed of their own, and the examples beside it, which take them from there.</summary>
public sealed class PackedExamples : IAsyncLifetime
{
    private const string Reference = "#:project ../HubServer.Client";

    /// <summary>The folder of the examples. The packages are restored anew, since their version does not change with their content.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("hubserver-client-").FullName;

    public async ValueTask InitializeAsync()
    {
        var repository = Metadata("Repository");
        foreach (var project in new[] { "src/HubServer.Protocol", "clients/dotnet/HubServer.Client" })
            await DotnetRun.ToEndAsync(Path.Combine(repository, project), "pack", "--no-build", "-c", Metadata("Configuration"), "-o", Path.Combine(Folder, "feed"), "-v", "quiet");
        foreach (var example in Directory.GetFiles(Path.Combine(repository, "clients/dotnet/examples"), "*.cs"))
        {
            var text = await File.ReadAllTextAsync(example);
            await File.WriteAllTextAsync(Path.Combine(Folder, Path.GetFileName(example)), text.Replace(Reference, "#:package HubServer.Client@0.1.0", StringComparison.Ordinal));
        }

        await File.WriteAllTextAsync(Path.Combine(Folder, "nuget.config"), Configuration());
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return default;
    }

    private static string Metadata(string key) =>
        typeof(PackedExamples).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == key).Value ?? "";

    /// <summary>All other packages come from wherever they come from for the user, who has most of them already.</summary>
    private static string Configuration()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        return $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSources><add key="packed" value="feed" /></packageSources>
              <fallbackPackageFolders><add key="user" value="{packages}" /></fallbackPackageFolders>
            </configuration>
            """;
    }
}
