using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using HubServer.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HubServer.AspNetCore.Bodies;

/// <summary>Reads a request's body whole, within a limit that also holds after decompression.</summary>
internal static class RequestBody
{
    private const int ChunkBytes = 16 << 10;

    /// <summary>CRC-32 and the length of what was compressed, at the end of a gzip member (RFC 1952, 2.3.1).</summary>
    private const int GzipTrailerBytes = 8;

    /// <exception cref="ProtocolException">The body is too large, cut off, or compressed in a way that is not known.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, int maxBytes)
    {
        // The server's own limit would answer without a code; this one says what the option is.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = null;
        if (context.Request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);

        var encoding = context.Request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        if (encoding is not ("" or "identity" or "gzip" or "x-gzip"))
            throw ProtocolException.BadRequest($"Content-Encoding '{encoding}' is not known; it is gzip or none");

        var body = await ReadToEndAsync(context.Request.BodyReader, maxBytes, context.RequestAborted);
        var text = encoding.EndsWith("gzip", StringComparison.Ordinal) ? await DecompressAsync(body.ToArray(), maxBytes) : body;
        return text.Span.StartsWith("\uFEFF"u8) ? text["\uFEFF"u8.Length..] : text;
    }

    /// <summary>Takes the bytes as they come, so that a length which is only announced costs nothing.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadToEndAsync(PipeReader reader, int maxBytes, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (body.WrittenCount + read.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(read.Buffer.End); // The server reads the rest, so that the connection goes on.
                throw TooLarge(maxBytes);
            }

            foreach (var part in read.Buffer)
                body.Write(part.Span);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return body.WrittenMemory;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> DecompressAsync(byte[] body, int maxBytes)
    {
        try
        {
            await using var stream = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
            var text = await ReadToEndAsync(PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ChunkBytes)), maxBytes, CancellationToken.None);

            // The stream takes a body that was cut off in its trailer, or between two blocks, for a whole one.
            if (body.Length < GzipTrailerBytes || BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(body.Length - sizeof(uint))) != (uint)text.Length)
                throw ProtocolException.BadRequest("the body is no whole gzip: its end is missing, or it has more than one member");
            return text;
        }
        catch (InvalidDataException)
        {
            throw ProtocolException.BadRequest("the body is no valid gzip: it is damaged, or was compressed in another way");
        }
    }

    private static ProtocolException TooLarge(int maxBytes) =>
        ProtocolException.LimitExceeded("Transport:MaxBodyBytes", $"the body has more than {maxBytes} bytes, counted after decompression");
}
