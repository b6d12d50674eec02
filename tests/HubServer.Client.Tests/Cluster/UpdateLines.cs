using HubServer.History;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Cluster;

/// <summary>
/// Says in the lines of a history what a query shows its consumer. Each time that the client says it lost the stream, a
/// call ends and another begins, which has to go on from what the consumer was given: for a consumer the client keeps the
/// promises of the contract, whatever it does to keep them.
/// </summary>
internal sealed class UpdateLines(string id, Uri url, IReadOnlyList<string> channels, int? maxDataPoints)
{
    private readonly Dictionary<(string RefId, string Channel), Resume> _given = [];
    private QueryState? _state;
    private bool _isStale;

    /// <summary>The channels that the query is to have in the end.</summary>
    public IReadOnlyList<string> Channels => channels;

    /// <summary>Calls so far; each but the first one follows a loss.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether all that the consumer was told says that it is up to date.</summary>
    public bool IsLive => _state == QueryState.Live && !_isStale;

    /// <summary>The rows that the consumer was given, those that came again included.</summary>
    public long Rows { get; private set; }

    /// <summary>The offset of the row that comes next; -1 where nothing of the channel was given.</summary>
    public long NextOf(string channel)
    {
        foreach (var (key, position) in _given)
        {
            if (key.Channel == channel)
                return position.Offset + 1;
        }

        return -1;
    }

    /// <summary>The line with which a call begins.</summary>
    public HistoryEvent Begin()
    {
        Calls++;
        (_state, _isStale) = (null, false);
        return Line(HistoryKind.Connect) with { Channels = channels, Resume = [.. _given.Values], MaxDataPoints = maxDataPoints };
    }

    /// <summary>The line with which the last call ends.</summary>
    public HistoryEvent End(string code, string? text = null) => Line(HistoryKind.Leave) with { Code = code, Text = text };

    /// <summary>The lines of an update.</summary>
    public HistoryEvent[] Of(QueryUpdate update)
    {
        if (update.State is QueryState.Connecting or QueryState.Reconnecting)
            return [End("lost", update.Problem?.Message), Begin()];

        // An item says whether the node is stale only where that changed.
        bool? stale = update.IsStale == _isStale ? null : update.IsStale;
        (_state, _isStale) = (update.State, update.IsStale);
        var item = Line(HistoryKind.Item) with
        {
            Node = update.Server?.Node,
            State = update.State == QueryState.Done ? ItemState.Done : ItemState.Streaming,
            Stale = stale,
            Text = update.Errors.Count > 0 ? string.Join(" | ", update.Errors) : null,
        };
        return [item, .. update.Frames.Select(frame => LineOf(frame, update.Server?.Node))];
    }

    private HistoryEvent LineOf(FrameUpdate frame, string? node)
    {
        if (frame.Change == FrameChange.Removed)
            _given.Remove((frame.RefId, frame.Channel));
        else
            _given[(frame.RefId, frame.Channel)] = frame.Position;

        var rows = new HistoryRow[frame.Rows];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = RowContent.Name(frame.Schema.Schema, frame.Columns, row);
        Rows += rows.Length;
        return Line(HistoryKind.Frame) with
        {
            Node = node,
            RefId = frame.RefId,
            Channel = frame.Channel,
            Frame = frame.Change switch
            {
                FrameChange.Replaced => FrameKind.Snapshot,
                FrameChange.Removed => FrameKind.Removed,
                _ => FrameKind.Delta,
            },
            Epoch = frame.Epoch,
            Offset = frame.Offset,
            Count = frame.Count,
            Gap = frame.Gap,
            Sampled = frame.Sampled,
            Rows = rows,
        };
    }

    private HistoryEvent Line(HistoryKind kind) => new() { By = id, Kind = kind, Url = url.OriginalString, Call = Calls };
}
