using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace HubServer;

/// <summary>One file of the dashboard, in each encoding that the build made of it.</summary>
internal sealed class DashboardAsset(string name)
{
    // The better ones first. Browsers offer br only over https and to localhost.
    private static readonly (string Encoding, string Ending)[] Encodings = [("br", ".br"), ("gzip", ".gz")];

    private readonly List<(string? Encoding, byte[] Body, EntityTagHeaderValue Tag)> _forms = [];

    public string ContentType { get; } = Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };

    /// <summary>Every file whose resource's name starts with the prefix, by its name without it.</summary>
    public static Dictionary<string, DashboardAsset> ReadAll(Assembly assembly, string prefix)
    {
        var resources = assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToHashSet();
        var plain = resources.Where(name => !Encodings.Any(one => name.EndsWith(one.Ending, StringComparison.Ordinal)));
        return plain.ToDictionary(name => name[prefix.Length..], name =>
        {
            var asset = new DashboardAsset(name);
            foreach (var (encoding, ending) in Encodings.Where(one => resources.Contains(name + one.Ending)))
                asset.Add(encoding, Read(assembly, name + ending));
            asset.Add(null, Read(assembly, name));
            return asset;
        });
    }

    /// <summary>The best form that a client takes.</summary>
    public (string? Encoding, byte[] Body, EntityTagHeaderValue Tag) For(string acceptEncoding)
    {
        var accepted = StringWithQualityHeaderValue.TryParseList([acceptEncoding], out var parsed) ? parsed : [];
        return _forms.First(form => form.Encoding is null || accepted.Any(one => one.Value == form.Encoding && one.Quality is null or > 0));
    }

    private void Add(string? encoding, byte[] body) =>
        _forms.Add((encoding, body, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 12))}\"")));

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var body = new byte[stream.Length];
        stream.ReadExactly(body);
        return body;
    }
}
