using System.Globalization;
using System.Text;
using HubServer.Protocol;
using Microsoft.AspNetCore.Http;

namespace HubServer.AspNetCore.Routes;

/// <summary>
/// Decodes what a URL carries and refuses what is no percent-encoded UTF-8. The framework leaves such a part as it is,
/// so that <c>%FF</c> and <c>%25FF</c> would name the same channel.
/// </summary>
internal static class PercentEncoding
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes a text once; <paramref name="what"/> names it where it is wrong.</summary>
    /// <exception cref="ProtocolException">The text is not percent-encoded UTF-8.</exception>
    public static string Decode(string encoded, string what)
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
                throw ProtocolException.BadRequest($"{what} '{encoded}', at character {i}: '%' is followed by two hexadecimal digits; a '%' of the text itself is written %25");
            bytes.Add(value);
            i += 2;
        }

        try
        {
            return StrictUtf8.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw ProtocolException.BadRequest($"{what} '{encoded}' is not UTF-8 once its percent-encoding is decoded");
        }
    }

    /// <summary>An endpoint filter that refuses a request whose query string would be read otherwise than it was meant.</summary>
    public static ValueTask<object?> RequireInQuery(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        _ = Decode(context.HttpContext.Request.QueryString.Value ?? "", "the query");
        return next(context);
    }
}
