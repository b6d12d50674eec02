using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.AspNetCore.Bodies;

/// <summary>
/// Publishes newline-delimited JSON line by line: what stands before a wrong line is taken, that line and what
/// follows is not.
/// </summary>
internal sealed class LinesIngest(Ingest ingest, int maxLines, string? channel)
{
    private readonly Dictionary<string, PublishResult> _results = new(StringComparer.Ordinal);

    /// <summary>What was taken: for each channel the position of the first row and the number of rows.</summary>
    public IReadOnlyCollection<PublishResult> Results => _results.Values;

    /// <summary>Publishes a body.</summary>
    /// <exception cref="ProtocolException">A line is wrong; the text names it and says how many rows were taken.</exception>
    public async Task PublishAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var lines = new List<(int Number, ReadOnlyMemory<byte> Text)>();
        for (var (rest, number) = (body, 1); !rest.IsEmpty; number++)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (!line.Span.Trim(" \t\r"u8).IsEmpty)
                lines.Add((number, line));
            if (lines.Count == maxLines || rest.IsEmpty)
            {
                await PublishAsync(lines, cancellationToken);
                lines.Clear();
            }
        }
    }

    private async Task PublishAsync(List<(int Number, ReadOnlyMemory<byte> Text)> lines, CancellationToken cancellationToken)
    {
        PublishRequest request;
        try
        {
            request = Parse(lines);
            Take(await ingest.PublishAsync(request, cancellationToken));
            return;
        }
        catch (ProtocolException) when (lines.Count > 1)
        {
            // Nothing of these lines was written, since a request is validated whole. One at a time finds the wrong one.
        }
        catch (ProtocolException error)
        {
            throw error.At($"line {lines[0].Number}", $" ({_results.Values.Sum(result => result.Count)} rows were taken)");
        }

        foreach (var line in lines)
            await PublishAsync([line], cancellationToken);
    }

    private PublishRequest Parse(List<(int Number, ReadOnlyMemory<byte> Text)> lines)
    {
        var builders = new Dictionary<string, RowsBuilder>(StringComparer.Ordinal);
        RowsBuilder BuilderOf(string name)
        {
            // One id may be written in several ways; its rows keep their order only in one builder.
            name = ChannelId.Parse(name).Text;
            if (!builders.TryGetValue(name, out var builder))
                builders.Add(name, builder = new RowsBuilder());
            return builder;
        }

        foreach (var (_, text) in lines)
            JsonRows.ReadLine(text.Span, channel, BuilderOf);
        return new PublishRequest { Batches = [.. builders.Select(pair => new PublishBatch(pair.Key, pair.Value.Build()))] };
    }

    private void Take(PublishResult[] results)
    {
        foreach (var result in results)
        {
            _results[result.Channel] = _results.TryGetValue(result.Channel, out var before)
                ? before with { Count = before.Count + result.Count }
                : result;
        }

        if (results.FirstOrDefault(result => result.Error is not null) is { Error: { } error } refused)
            throw new RefusedException(error, $"channel '{refused.Channel}': {error.Message} ({_results.Values.Sum(result => result.Count)} rows were taken)");
    }
}
