using Microsoft.Extensions.Options;

namespace HubServer.Client;

/// <summary>Where the hub is, for the address that a program gives.</summary>
internal sealed class HubUrl : IValidateOptions<HubServerClientOptions>
{
    private const string HubPath = "/hub";

    /// <summary>The hub's address.</summary>
    public static Uri Of(Uri url)
    {
        var path = url.AbsolutePath.TrimEnd('/');
        return new UriBuilder(url) { Path = path.EndsWith(HubPath, StringComparison.Ordinal) ? path : path + HubPath }.Uri;
    }

    /// <summary>Refuses what is no address of a server.</summary>
    public ValidateOptionsResult Validate(string? name, HubServerClientOptions options) =>
        options.Url is null or { IsAbsoluteUri: true, Scheme: "http" or "https" or "ws" or "wss" }
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Url is '{options.Url}'; it is the server's address, such as http://localhost:5080");
}
