using HubServer.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HubServer.AspNetCore.Routes;

/// <summary>
/// Finds a channel's id in a request's target as it was sent. The decoded path cannot serve: it leaves %2F as it is
/// and decodes %252F to the same text, so the two could not be told apart.
/// </summary>
internal static class ChannelPath
{
    private const string Prefix = "/api/channels/";

    /// <summary>The id before <paramref name="suffix"/>, percent-decoded once.</summary>
    /// <exception cref="ProtocolException">The path ends otherwise, or what stands there is no id.</exception>
    public static ChannelId Read(HttpContext context, string suffix)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.Split('?', 2)[0];
        var start = path.IndexOf(Prefix, StringComparison.Ordinal);
        if (start < 0 || !path.EndsWith(suffix, StringComparison.Ordinal) || path.Length <= start + Prefix.Length + suffix.Length)
            throw new ProtocolException(ErrorCode.NotFound, $"there is nothing at '{path}'; the route is {Prefix}{{id}}{suffix}, with the id percent-encoded");

        return ChannelId.Parse(Uri.UnescapeDataString(path[(start + Prefix.Length)..^suffix.Length]));
    }
}
