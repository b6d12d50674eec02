using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;

namespace HubServer.Redis.Tests.Nodes;

/// <summary>A query, and what it shows: the values of each channel, and the gaps that were announced.</summary>
internal sealed class Chart : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<double>> _values = []; // Used under _gate.
    private readonly List<Gap> _gaps = []; // Used under _gate.
    private readonly List<string> _removed = []; // Used under _gate.
    private readonly Task _reading;
    private volatile bool _isStreaming;
    private volatile bool _isStale;

    private Chart(Node node, string selector, Resume[] resume)
    {
        var request = new QueryRequest { IntervalMs = 0, Targets = [new Target { Channel = selector }], Resume = resume };
        _reading = ReadAsync(node, request);
    }

    /// <summary>Whether it was told that the node may be behind.</summary>
    public bool IsStale => _isStale;

    public Gap[] Gaps
    {
        get
        {
            lock (_gate)
                return [.. _gaps];
        }
    }

    /// <summary>The channels that it was told are gone.</summary>
    public string[] Removed
    {
        get
        {
            lock (_gate)
                return [.. _removed];
        }
    }

    /// <summary>Opens a query and waits until it has every past.</summary>
    public static async Task<Chart> OpenAsync(RedisNode node, string selector, params Resume[] resume)
    {
        var chart = new Chart(node.Node, selector, resume);
        await Wait.Eventually(() => chart._isStreaming || chart._reading.IsCompleted, $"the query of {selector} is live", () => node.Status.Problem ?? "");
        return chart;
    }

    /// <summary>What it shows of a channel; nothing for one that it does not know.</summary>
    public IReadOnlyList<double> Values(string channel)
    {
        lock (_gate)
            return [.. _values.GetValueOrDefault(channel) ?? []];
    }

    /// <summary>Waits until it shows exactly these.</summary>
    public Task ShowsAsync(string channel, params double[] values) =>
        Wait.Eventually(() => Values(channel).SequenceEqual(values), $"{channel} shows {string.Join(' ', values)}", () => $"it shows {string.Join(' ', Values(channel))}, gaps {string.Join<Gap>(' ', Gaps)}");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading;
        _end.Dispose();
    }

    private async Task ReadAsync(Node node, QueryRequest request)
    {
        var items = await node.QueryAsync(request, WireFormat.MessagePack, _end.Token);
        await foreach (var bytes in items.WithCancellation(_end.Token))
        {
            var item = WireReader.Read<Item>(WireFormat.MessagePack, bytes.Bytes(WireFormat.MessagePack));
            lock (_gate)
            {
                foreach (var frame in item.Frames)
                    Take(frame);
            }

            _isStale = item.Head.Stale ?? _isStale;
            _isStreaming |= item.Head.State == ItemState.Streaming;
        }
    }

    private void Take(Frame frame)
    {
        if (frame.Gap is { } gap)
            _gaps.Add(gap);
        if (frame.Kind == FrameKind.Removed)
        {
            _removed.Add(frame.Channel);
            _values.Remove(frame.Channel);
            return;
        }

        // What it resumes it shows without the rows before.
        if (frame.Kind == FrameKind.Snapshot || !_values.ContainsKey(frame.Channel))
            _values[frame.Channel] = [];
        if (frame.Data.Length > 0)
            _values[frame.Channel].AddRange(frame.Data[^1].Numbers);
    }
}
