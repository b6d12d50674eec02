using HubServer.Protocol;

namespace HubServer.History;

/// <summary>Replays one subscriber: its calls, its items and its channels.</summary>
internal sealed class SubscriberReplay(Findings findings, PublishBook book, Agreement agreement, EpochOrder order, HistoryTotals totals, string name)
{
    private readonly Dictionary<(string RefId, string Channel), Track> _tracks = [];
    private HistoryLine? _call;
    private string? _node;
    private ItemState? _state;
    private bool _isStale;
    private bool _hasItem;
    private bool _isConnected;
    private string? _leftBecause;
    private bool _isCaptured;

    public string Name => name;

    public IEnumerable<Track> Tracks => _tracks.Values;

    /// <summary>How it stood at the calm, or right before it was stopped.</summary>
    public SubscriberTail? Tail { get; private set; }

    public void Add(HistoryLine line)
    {
        var calm = findings.Scenario.CalmAt;
        if (line.Event.At > calm || (calm is null && line.Event is { Kind: HistoryKind.Leave, Code: "stopped" }))
            Capture();
        switch (line.Event.Kind)
        {
            case HistoryKind.Connect: Connect(line); break;
            case HistoryKind.Item: Take(line); break;
            case HistoryKind.Frame: TakeFrame(line); break;
            default: Leave(line); break;
        }
    }

    /// <summary>Notes how it stands; the first time counts.</summary>
    public void Capture()
    {
        if (_isCaptured)
            return;
        _isCaptured = true;
        var positions = _tracks.Values.Where(track => track.IsHeld).Select(track => new TrackTail(track, track.Epoch, track.Next, track.Last)).ToArray();
        Tail = new SubscriberTail(name, _call?.Event.Channels ?? [], _isConnected, _leftBecause, _state, _isStale, positions, _call);
    }

    private void Connect(HistoryLine line)
    {
        totals.Calls++;
        var resume = line.Event.Resume ?? [];
        totals.Resumes += resume.Count > 0 ? 1 : 0;
        totals.Moves += resume.Count > 0 && line.Event.Url != _call?.Event.Url ? 1 : 0;
        (_call, _node, _state, _isStale, _hasItem, _isConnected) = (line, null, null, false, false, true);
        foreach (var from in resume)
            TrackOf(from.RefId ?? "", from.Channel);
        foreach (var (key, track) in _tracks)
            track.BeginCall(line, resume.FirstOrDefault(from => (from.RefId ?? "", from.Channel) == key), isTrusted: _leftBecause == "broken");
    }

    private void Take(HistoryLine line)
    {
        totals.Items++;
        var item = line.Event;
        findings.Require(_isConnected && item.Call == _call?.Event.Call, Rule.Contract, $"{name} has an item of no running call", _call, line);
        findings.Require(item.Node is not null && (_hasItem ? item.Node == _node : true), Rule.Contract, $"{name}: the node of a call is {_node}, and {item.Node}", _call, line);
        findings.Require(_state is null or ItemState.Loading || item.State == _state, Rule.Contract, $"{name}: {item.State} follows {_state}", _call, line);
        if (item.Stale is { } stale)
        {
            findings.Require(stale != _isStale, Rule.Contract, $"{name}: stale is {stale} again", _call, line);
            totals.StaleChanges++;
            _isStale = stale;
        }

        (_node, _state, _hasItem) = (item.Node, item.State, true);
    }

    private void TakeFrame(HistoryLine line)
    {
        totals.Frames++;
        if (_call is null || !_hasItem || line.Event.Channel is not { } channel)
        {
            findings.Add(Rule.Contract, $"{name} has a frame of no item", line);
            return;
        }

        TrackOf(line.Event.RefId ?? "", channel).Take(line, _call);
    }

    private void Leave(HistoryLine line)
    {
        (_isConnected, _leftBecause) = (false, line.Event.Code);
        findings.Require(line.Event.Code is not "broken", Rule.Contract, $"{name} found the contract broken by the item before", line);
    }

    private Track TrackOf(string refId, string channel)
    {
        if (_tracks.TryGetValue((refId, channel), out var track))
            return track;
        track = new Track(findings, order, totals, new ShownRows(findings, book, agreement, totals, channel), channel);
        _tracks.Add((refId, channel), track);
        if (_call is not null)
            track.BeginCall(_call, null, isTrusted: false);
        return track;
    }
}
