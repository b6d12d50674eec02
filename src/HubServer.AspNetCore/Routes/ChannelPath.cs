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

    /// <summary>
    /// Whether the path ends so behind an id. The id <c>a/frame</c> does not, once its slash is percent-encoded, nor
    /// does the id <c>frame</c>, whose slash belongs to the route.
    /// </summary>
    public static bool EndsWith(HttpContext context, string suffix)
    {
        var (path, start) = Find(context);
        return path.EndsWith(suffix, StringComparison.Ordinal) && path.Length >= start + suffix.Length;
    }

    /// <summary>The id before <paramref name="suffix"/>, percent-decoded once.</summary>
    /// <exception cref="ProtocolException">The path ends otherwise, or what stands there is no id.</exception>
    public static ChannelId Read(HttpContext context, string suffix = "")
    {
        RequireNoDotSegment(context);
        var (path, start) = Find(context);
        if (start < 0 || !path.EndsWith(suffix, StringComparison.Ordinal) || path.Length <= start + suffix.Length)
            throw new ProtocolException(ErrorCode.NotFound, $"there is nothing at '{path}'; the route is {Prefix}{{id}}{suffix}, with the id percent-encoded");

        return ChannelId.Parse(PercentEncoding.Decode(path[start..^suffix.Length], "the id"));
    }

    /// <summary>
    /// Refuses a path that clients and proxies may shorten on its way: whoever sends <c>a/../b</c> would write to that
    /// channel or to <c>b</c>, depending on what stands between. Encoded or not, <c>..</c> is such a segment (RFC 3986,
    /// 6.2.2); its neighbours <c>%2F</c> make it part of a longer one.
    /// </summary>
    public static void RequireNoDotSegment(HttpContext context)
    {
        var (path, start) = Find(context);
        if (start < 0)
            return;

        foreach (var segment in path[start..].Split('/'))
        {
            if (segment.Replace("%2E", ".", StringComparison.OrdinalIgnoreCase) is "." or "..")
                throw ProtocolException.BadRequest($"the path '{path}' holds the segment '{segment}', which clients and proxies resolve; a '/' of the id is written %2F, and the ids '.' and '..' are written .%7B%7D and ..%7B%7D");
        }
    }

    /// <summary>The path as it was sent, and where in it the id starts; -1 if it is none of a channel.</summary>
    private static (string Path, int Start) Find(HttpContext context)
    {
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2)[0];
        var prefix = path.IndexOf(Prefix, StringComparison.Ordinal);
        return (path, prefix < 0 ? -1 : prefix + Prefix.Length);
    }
}
