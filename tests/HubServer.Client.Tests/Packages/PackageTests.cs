using System.IO.Compression;
using HubServer.AspNetCore.Tests.Fixtures;

namespace HubServer.Client.Tests.Packages;

/// <summary>The packages as a program gets them, and the examples as a reader runs them.</summary>
public sealed class PackageTests(PackedExamples examples) : IClassFixture<PackedExamples>
{
    [Fact]
    public async Task Examples_WithThePackedPackage_PublishAFileAndTailIt()
    {
        await using var server = await ServerFixture.StartAsync();
        await File.WriteAllTextAsync(
            Path.Combine(examples.Folder, "rows.ndjson"),
            """
            {"time": 1700000000000, "value": 1.5, "note": "first"}

            {"time": "2023-11-14T22:13:21Z", "value": null, "ok": true}
            """);
        var url = server.Url.GetLeftPart(UriPartial.Authority);
        Assert.Contains("published 2 rows to file", await DotnetRun.ToEndAsync(examples.Folder, "run", "Publish.cs", url, "file", "rows.ndjson"));

        await using var tail = DotnetRun.Start(examples.Folder, "run", "Tail.cs", url, "file");
        await tail.PrintsAsync("file time=1700000000000 value=1.5 note=first ok=null");
        await tail.PrintsAsync("file time=1700000001000 value=null note=null ok=true");
        await server.PublishAsync("file", first: 7);
        await tail.PrintsAsync("file time=7 value=7 note=null ok=null");
    }

    [Fact]
    public void Package_OfTheClient_HasWhatAPackageNeeds()
    {
        using var package = ZipFile.OpenRead(Path.Combine(examples.Folder, "feed/HubServer.Client.0.1.0.nupkg"));
        var names = package.Entries.Select(entry => entry.FullName).ToList();
        using var reader = new StreamReader(package.GetEntry("HubServer.Client.nuspec")!.Open());
        var nuspec = reader.ReadToEnd();

        Assert.Superset(new HashSet<string> { "README.md", "lib/net10.0/HubServer.Client.dll", "lib/net10.0/HubServer.Client.xml" }, names.ToHashSet());
        Assert.Contains("<license type=\"expression\">MIT</license>", nuspec);
        Assert.Contains("<dependency id=\"HubServer.Protocol\" version=\"0.1.0\"", nuspec);
        Assert.Contains("<dependency id=\"Microsoft.AspNetCore.SignalR.Client\" version=\"10.0.14\"", nuspec);
        Assert.DoesNotContain("CodeAnalysis", nuspec);
        Assert.True(File.Exists(Path.Combine(examples.Folder, "feed/HubServer.Client.0.1.0.snupkg")));
        Assert.True(File.Exists(Path.Combine(examples.Folder, "feed/HubServer.Protocol.0.1.0.nupkg")));
    }
}
