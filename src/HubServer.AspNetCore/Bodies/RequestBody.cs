using System.Buffers;
using System.IO.Compression;
using HubServer.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HubServer.AspNetCore.Bodies;

/// <summary>Reads a request's body whole, within a limit that also holds after decompression.</summary>
internal static class RequestBody
{
    private const int ChunkBytes = 16 << 10;

    /// <exception cref="ProtocolException">The body is too large, or compressed in a way that is not known.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, int maxBytes)
    {
        // The server's own limit would answer without a code; this one says what the option is.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = null;
        if (context.Request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);

        var encoding = context.Request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        await using var stream = Decode(context.Request.Body, encoding);
        var buffer = new ArrayBufferWriter<byte>((int)Math.Clamp(context.Request.ContentLength ?? ChunkBytes, 1, maxBytes));
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer.GetMemory(ChunkBytes), context.RequestAborted);
                if (read == 0)
                    return buffer.WrittenMemory;
                buffer.Advance(read);
                if (buffer.WrittenCount > maxBytes)
                    throw TooLarge(maxBytes);
            }
        }
        catch (Exception malformed) when (malformed is InvalidDataException or InvalidOperationException && encoding.Length > 0)
        {
            // Brotli's stream throws InvalidOperationException where the others throw InvalidDataException.
            throw ProtocolException.BadRequest($"the body is no valid {encoding}: {malformed.Message}");
        }
    }

    private static Stream Decode(Stream body, string encoding) => encoding switch
    {
        "" or "identity" => body,
        "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress, leaveOpen: true),
        "deflate" => new ZLibStream(body, CompressionMode.Decompress, leaveOpen: true),
        "br" => new BrotliStream(body, CompressionMode.Decompress, leaveOpen: true),
        _ => throw ProtocolException.BadRequest($"Content-Encoding '{encoding}' is not known; it is gzip, deflate, br or none"),
    };

    private static ProtocolException TooLarge(int maxBytes) =>
        ProtocolException.LimitExceeded($"the body has more than {maxBytes} bytes (HubServer:Transport:MaxBodyBytes), counted after decompression");
}
