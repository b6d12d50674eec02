using System.Globalization;
using System.Text;
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
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether the path ends so. The id <c>a/frame</c> does not, once its slash is percent-encoded.</summary>
    public static bool EndsWith(HttpContext context, string suffix) => RawPath(context).EndsWith(suffix, StringComparison.Ordinal);

    /// <summary>The id before <paramref name="suffix"/>, percent-decoded once.</summary>
    /// <exception cref="ProtocolException">The path ends otherwise, or what stands there is no id.</exception>
    public static ChannelId Read(HttpContext context, string suffix = "")
    {
        var path = RawPath(context);
        var start = path.IndexOf(Prefix, StringComparison.Ordinal);
        if (start < 0 || !path.EndsWith(suffix, StringComparison.Ordinal) || path.Length <= start + Prefix.Length + suffix.Length)
            throw new ProtocolException(ErrorCode.NotFound, $"there is nothing at '{path}'; the route is {Prefix}{{id}}{suffix}, with the id percent-encoded");

        return ChannelId.Parse(Decode(path[(start + Prefix.Length)..^suffix.Length]));
    }

    private static string RawPath(HttpContext context) =>
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2)[0];

    // Uri.UnescapeDataString leaves what it cannot decode as it is, so that %FF and %25FF would name the same channel.
    private static string Decode(string encoded)
    {
        var bytes = new List<byte>(encoded.Length);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '%')
            {
                bytes.Add((byte)encoded[i]);
                continue;
            }

            if (i + 2 >= encoded.Length || !byte.TryParse(encoded.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                throw ProtocolException.BadRequest($"the id '{encoded}', at character {i}: '%' is followed by two hexadecimal digits; a '%' of the id itself is written %25");
            bytes.Add(value);
            i += 2;
        }

        try
        {
            return StrictUtf8.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw ProtocolException.BadRequest($"the id '{encoded}' is not UTF-8 once its percent-encoding is decoded");
        }
    }
}
