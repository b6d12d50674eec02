using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;

namespace HubServer.History;

/// <summary>
/// Follows channels by the rules of the contract with the official client, on whichever node answers, and writes down
/// each call with the positions it went on from, and each frame. After a loss it is back at once, at the next node.
/// </summary>
public sealed class RecordingSubscriber : IAsyncDisposable
{
    private readonly HistoryLog _log;
    private readonly SubscriberOptions _options;
    private readonly TimeProvider _time;
    private readonly NodeUrls _urls;
    private readonly Random _jitter;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly HeldPositions _held = new(); // Used under _gate, as is what follows.
    private readonly List<StaleChange> _staleChanges = [];
    private readonly List<TimeSpan> _recoveries = [];
    private readonly Dictionary<(string RefId, string Channel), Schema> _schemas = [];
    private TaskCompletionSource? _away;
    private HubCall? _call;
    private string? _node;
    private double? _lostAt;
    private int _calls;
    private long _items;
    private ItemState? _state;
    private bool _isStale;
    private bool _isCut; // Items may still come out of a connection that was cut.
    private string _problem = "";
    private Task _running = Task.CompletedTask;

    public RecordingSubscriber(HistoryLog log, SubscriberOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_log, _options, _time) = (log, options, time ?? TimeProvider.System);
        _urls = new NodeUrls(options.Urls, options.Seed);
        _jitter = new Random(options.Seed);
    }

    public string Id => _options.Id;

    /// <summary>The channels that it is to have in the end.</summary>
    public IReadOnlyList<string> Channels => _options.Channels;

    /// <summary>Calls of Query so far.</summary>
    public int Calls => Read(() => _calls);

    /// <summary>Items received.</summary>
    public long Items => Read(() => _items);

    /// <summary>The state of the running call's last item; null before the first, while there is no call, and once it was cut.</summary>
    public ItemState? State => Read(() => _isCut ? null : _state);

    /// <summary>Whether the node said that it may be behind its backplane.</summary>
    public bool IsStale => Read(() => _isStale);

    /// <summary>Whether it was told to stay away.</summary>
    public bool IsAway => Read(() => _away is not null);

    /// <summary>The changes of <see cref="IsStale"/>.</summary>
    public IReadOnlyList<StaleChange> StaleChanges => Read(() => _staleChanges.ToArray());

    /// <summary>The times from each loss, or from the end of staying away, to the first Streaming item after it.</summary>
    public IReadOnlyList<TimeSpan> Recoveries => Read(() => _recoveries.ToArray());

    /// <summary>The name of the node that serves, or served last.</summary>
    public string? Node => Read(() => _node);

    /// <summary>What ended the last call or attempt, in words; a test that waits in vain shows it.</summary>
    public string Problem => Read(() => _problem);

    /// <summary>Rows shown of a channel.</summary>
    public long ShownOf(string channel) => Read(() => _held.ShownOf(channel));

    /// <summary>The epoch held of a channel, and the offset of the row that comes next.</summary>
    public Position? PositionOf(string channel) => Read(() => _held.PositionOf(channel));

    /// <summary>Whether it is live and has everything of a channel up to a position's offset.</summary>
    public bool Has(string channel, long next) => Read(() => _state == ItemState.Streaming && !_isCut && _held.PositionOf(channel)?.Offset >= next);

    /// <summary>Starts to follow.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Connects to this node only from the next time on, or with null to each in turn again.</summary>
    public void Pin(Uri? url) => _urls.Pin(url);

    /// <summary>Cuts the connection as a network does; the subscriber takes it for a loss.</summary>
    public void Abort()
    {
        HubCall? call;
        lock (_gate)
        {
            call = _call;
            _isCut = call is not null;
        }

        call?.Abort();
    }

    /// <summary>Ends the call and stays away until <see cref="Return"/>.</summary>
    public void StayAway()
    {
        lock (_gate)
            _away ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Abort();
    }

    /// <summary>Comes back.</summary>
    public void Return()
    {
        lock (_gate)
        {
            _away?.TrySetResult();
            _away = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Return();
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (true)
        {
            await WaitWhileAwayAsync().ConfigureAwait(false);
            if (_stopping.IsCancellationRequested)
                return;
            var url = _urls.Current();
            var had = Items;
            await CallAsync(url).ConfigureAwait(false);
            failures = Items > had ? 0 : failures + 1;
            _urls.MoveOn(url);
            await PauseAsync(failures).ConfigureAwait(false);
        }
    }

    private async Task WaitWhileAwayAsync()
    {
        if (Read(() => _away) is not { } away)
            return;
        await away.Task.ConfigureAwait(false);
        lock (_gate)
            _lostAt = _log.Now;
    }

    /// <summary>One connection with one call, from its begin to whatever ends it.</summary>
    private async Task CallAsync(Uri url)
    {
        var (code, text) = ("lost", "the stream ended");
        var began = false;
        var call = new HubCall(url, _options);
        try
        {
            using (var patience = new CancellationTokenSource(_options.ConnectTimeout, _time))
            using (var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stopping.Token))
                await call.StartAsync(both.Token).ConfigureAwait(false);
            var request = Begin(call, url);
            began = true;
            await foreach (var item in call.QueryAsync(request, _stopping.Token).ConfigureAwait(false))
            {
                if (!Take(item, url))
                {
                    (code, text) = ("broken", "an item breaks the contract");
                    break;
                }
            }
        }
        catch (HubException refused)
        {
            (code, text) = ("refused", refused.Message);
        }
        catch (Exception failure)
        {
            // Whatever it is, to a client it is a loss; the history keeps the words.
            text = failure.Message;
        }

        End(url, began, code, text);
        await call.DisposeAsync().ConfigureAwait(false);
    }

    private QueryRequest Begin(HubCall call, Uri url)
    {
        lock (_gate)
        {
            // Who stayed away meanwhile must not begin.
            if (_away is not null)
                throw new OperationCanceledException();
            (_call, _isCut) = (call, false);
            _calls++;
            _schemas.Clear();
            SetStale(false);
            var resume = _held.Resume();
            _log.Write(Line(HistoryKind.Connect, url) with { Channels = _options.Channels, Resume = resume, MaxDataPoints = _options.MaxDataPoints });
            return new QueryRequest
            {
                Targets = _options.Selector is { } selector
                    ? [new Target { Channel = selector, Rows = _options.Rows }]
                    : [.. _options.Channels.Select((channel, index) => new Target { RefId = $"T{index}", Id = channel, Rows = _options.Rows })],
                IntervalMs = _options.IntervalMs,
                MaxDataPoints = _options.MaxDataPoints,
                Resume = resume,
            };
        }
    }

    /// <summary>Writes an item down and takes its positions over, as a whole; false where the contract forbids it.</summary>
    private bool Take(Item item, Uri url)
    {
        lock (_gate)
        {
            _items++;
            _state = item.Head.State;
            _node = item.Head.Server?.Node ?? _node;
            SetStale(item.Head.Stale ?? _isStale);
            if (_state == ItemState.Streaming && _lostAt is { } lostAt)
            {
                _recoveries.Add(TimeSpan.FromMilliseconds(_log.Now - lostAt));
                _lostAt = null;
            }

            var lines = new List<HistoryEvent> { Line(HistoryKind.Item, url) with { Node = _node, State = _state, Stale = item.Head.Stale, Text = item.Head.Errors is { } errors ? string.Join(" | ", errors) : null } };
            foreach (var frame in item.Frames)
                lines.Add(LineOf(frame, url));
            _log.Write([.. lines]);
            return _held.TryApply(item);
        }
    }

    private HistoryEvent LineOf(Frame frame, Uri url)
    {
        var key = (frame.RefId, frame.Channel);
        if (frame.Schema is not null)
            _schemas[key] = frame.Schema.Schema;
        var schema = _schemas.GetValueOrDefault(key, Schema.Empty);
        var rows = new HistoryRow[frame.Data.Length == 0 || frame.Data.Length != schema.Fields.Count ? 0 : frame.Data[0].Count];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = RowContent.Name(schema, frame.Data, row);
        return Line(HistoryKind.Frame, url) with
        {
            Node = _node,
            RefId = frame.RefId,
            Channel = frame.Channel,
            Frame = frame.Kind,
            Epoch = frame.Epoch,
            Offset = frame.Offset,
            Count = frame.Count,
            Gap = frame.Gap,
            More = frame.More ? true : null,
            Sampled = frame.Sampled,
            Rows = rows,
        };
    }

    private void End(Uri url, bool began, string code, string text)
    {
        lock (_gate)
        {
            (_call, _state, _isCut, _problem) = (null, null, false, $"{url.OriginalString}: {text}");
            if (_stopping.IsCancellationRequested || _away is not null)
                (code, text) = (_stopping.IsCancellationRequested ? "stopped" : "away", "");
            if (code != "away")
                _lostAt ??= _log.Now;
            if (began)
                _log.Write(Line(HistoryKind.Leave, url) with { Node = _node, Code = code, Text = text });
        }
    }

    private HistoryEvent Line(HistoryKind kind, Uri url) => new() { By = Id, Kind = kind, Url = url.OriginalString, Call = _calls };

    private void SetStale(bool isStale)
    {
        if (isStale == _isStale)
            return;
        _isStale = isStale;
        _staleChanges.Add(new StaleChange(_log.Now, isStale));
    }

    /// <summary>At once after a call that worked; longer and longer where nobody answers.</summary>
    private async Task PauseAsync(int failures)
    {
        var most = Math.Min(_options.MaxDelay.TotalMilliseconds, _options.Jitter.TotalMilliseconds * Math.Pow(2, failures));
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_jitter.NextDouble() * most), _time, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop around it sees that it is over.
        }
    }

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
            return read();
    }
}
