using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>
/// Makes updates of a query's items by the rules of PROTOCOL.md 6: an item counts as a whole or not at all, nothing is
/// released before the past is complete, and what a consumer was given is where the next call goes on. Pure, and not safe
/// for concurrent use.
/// </summary>
internal sealed class Assembler
{
    private readonly Positions _given;
    private readonly Dictionary<ChannelKey, Lane> _loading = []; // What the running call's past has made of them, until it is complete.
    private readonly Dictionary<ChannelKey, Lane> _changed = []; // What the item that is applied makes of them.
    private readonly List<FrameUpdate> _ofItem = [];
    private List<FrameUpdate> _ready = [];
    private ItemState _state;
    private IReadOnlyList<ItemError> _errors = [];
    private bool _isStale;
    private bool _mayDoubt;
    private ServerInfo? _server;
    private QueryUpdate? _told;

    public Assembler(QueryRequest request) => _given = new Positions(request);

    /// <summary>Begins a call: whatever was under way in the one before is void.</summary>
    /// <returns>What the consumer holds.</returns>
    public IReadOnlyList<Resume> Begin()
    {
        _loading.Clear();
        _ready = [];
        (_state, _errors, _isStale) = (ItemState.Loading, [], false);
        return _given.Restart();
    }

    /// <summary>Applies an item as a whole.</summary>
    /// <returns>Null; or what in it breaks the contract: then nothing of it was applied, and another call has to begin.</returns>
    public string? Apply(Item item)
    {
        _changed.Clear();
        _ofItem.Clear();
        foreach (var frame in item.Frames)
        {
            var key = new ChannelKey(frame.RefId, frame.Channel);
            var lane = _changed.TryGetValue(key, out var changed) ? changed : LaneOf(key);
            try
            {
                _changed[key] = lane.Take(frame, _ofItem);
            }
            catch (ContractException broken)
            {
                Doubt(key);
                return broken.Message;
            }
        }

        foreach (var (key, lane) in _changed)
            _loading[key] = lane;
        _ready.AddRange(_ofItem);
        _errors = item.Head.Errors ?? _errors;
        _isStale = item.Head.Stale ?? _isStale;
        _server = item.Head.Server ?? _server;
        _state = item.Head.State;
        if (_state != ItemState.Loading)
            Settle();
        return null;
    }

    /// <summary>What the consumer is to be given now; null while the past is not complete, or where there is nothing new.</summary>
    public QueryUpdate? Release()
    {
        if (_state == ItemState.Loading)
            return null;

        var update = new QueryUpdate
        {
            State = _state == ItemState.Done ? QueryState.Done : QueryState.Live,
            Frames = _ready,
            Errors = _errors,
            IsStale = _isStale,
            Server = _server,
        };
        _ready = [];
        return Tell(update);
    }

    /// <summary>What the consumer is to be told of a problem that the client is about to overcome; null where it knows.</summary>
    public QueryUpdate? Interrupt(HubServerException problem) => Tell(new QueryUpdate
    {
        State = _told is null or { State: QueryState.Connecting } ? QueryState.Connecting : QueryState.Reconnecting,
        Server = _server,
        Problem = problem,
    });

    private QueryUpdate? Tell(QueryUpdate update)
    {
        var isNews = update.Frames.Count > 0
            || _told is null
            || _told.State != update.State
            || _told.IsStale != update.IsStale
            || !HubServerException.AreSame(_told.Problem, update.Problem)
            || !_told.Errors.SequenceEqual(update.Errors);
        if (!isNews)
            return null;
        _told = update;
        return update;
    }

    private Lane LaneOf(ChannelKey key) => _loading.TryGetValue(key, out var lane) ? lane : _given[key];

    /// <summary>What came so far is to be given to the consumer, so the next call goes on from it.</summary>
    private void Settle()
    {
        foreach (var (key, lane) in _loading)
            _given[key] = lane;
        _loading.Clear();
        if (_mayDoubt && !_isStale)
            RemoveDoubtful();
    }

    private void Doubt(ChannelKey key)
    {
        if (_given[key] is not { Shown: not null } lane)
            return;
        _given[key] = lane with { IsDoubtful = true };
        _mayDoubt = true;
    }

    /// <summary>
    /// A channel of which the server was told no position, and of which nothing came although the past is complete, is not
    /// there any more. It would say so only of one whose position it was told.
    /// </summary>
    private void RemoveDoubtful()
    {
        foreach (var key in _given.Doubtful())
        {
            if (_given[key] is not { Ahead: null } lane)
                continue;
            var removed = new Frame { RefId = key.RefId, Channel = key.Channel, Kind = FrameKind.Removed, Epoch = lane.Shown?.Epoch ?? "", Offset = 0, Count = 0 };
            _given[key] = lane.Remove(removed, _ready);
        }

        _mayDoubt = _given.Doubtful().Count > 0;
    }
}
