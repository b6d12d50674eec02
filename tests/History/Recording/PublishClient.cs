using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using HubServer.Protocol;

namespace HubServer.History;

/// <summary>One attempt over HTTP, and what its answer, or the lack of one, means for the rows.</summary>
internal sealed class PublishClient(PublisherOptions options, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = options.Timeout, UseProxy = false }) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };

    public async Task<PublishOutcome> TryAsync(Uri url, PublishBlock block, bool mayAbandon, CancellationToken stopping)
    {
        var abandoned = mayAbandon ? block.AbandonedAfter : null;
        using var patience = new CancellationTokenSource(abandoned ?? options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            using var content = new ByteArrayContent(WireWriter.ToBytes(WireFormat.Json, RequestOf(block)));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await _http.PostAsync(new Uri(url, "/api/publish"), content, both.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(both.Token).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK ? ReadResult(body, block) : ReadProblem(body);
        }
        catch (OperationCanceledException)
        {
            return Unknown(abandoned is null && !stopping.IsCancellationRequested ? "timeout" : "abandoned");
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            // This is said only of an attempt to connect: not a byte of the request was sent.
            return new PublishOutcome(HistoryKind.Fail, Code: PublishOutcome.Unconnected);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            return Unknown("connection_lost");
        }
        catch (Exception failure) when (failure is JsonException or ProtocolException)
        {
            return Unknown("unreadable");
        }
    }

    public void Dispose() => _http.Dispose();

    private static PublishOutcome Unknown(string code) => new(HistoryKind.Info, Code: code);

    private PublishRequest RequestOf(PublishBlock block) => new()
    {
        Batches = [new PublishBatch(block.Channel, block.Rows)],
        PublisherId = options.IsAnonymous ? null : options.Id,
        Sequence = options.IsAnonymous ? null : block.Sequence,
    };

    private static PublishOutcome ReadResult(byte[] body, PublishBlock block)
    {
        var results = JsonSerializer.Deserialize<PublishResult[]>(body);
        if (results is not [var result] || result.Channel != block.Channel)
            return Unknown("unreadable");
        return result.Error is { } error ? Refused(error.Code) : new PublishOutcome(HistoryKind.Ok, result);
    }

    /// <summary>An error without a code of the contract is of somebody in between, who does not know what the node did.</summary>
    private static PublishOutcome ReadProblem(byte[] body)
    {
        using var problem = JsonDocument.Parse(body);
        return problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("code", out var code) && code.GetString() is { } text
            ? Refused(text)
            : Unknown("unreadable");
    }

    /// <summary>Of all codes this one alone leaves the outcome unknown.</summary>
    private static PublishOutcome Refused(string code) =>
        code == ErrorCode.BackplaneUnavailable ? Unknown(code) : new PublishOutcome(HistoryKind.Fail, Code: code);
}
