using System.Collections.Concurrent;
using System.Threading.Channels;
using HubServer.Protocol;

namespace HubServer.History;

/// <summary>
/// Publishes blocks at a rate that does not wait for answers, one at a time for each channel, and writes down each
/// attempt and its answer. An attempt whose outcome is unknown is made again with the same sequence, at the next node,
/// until the outcome is known; a refused block is given up, so that its rows must never be seen.
/// </summary>
public sealed class RecordingPublisher : IAsyncDisposable
{
    private const int MinRetryMs = 20;
    private const int MaxRetryMs = 200;
    private const double MaxAbandonMs = 4; // About as long as an answer takes, so that some blocks are written and some are not.

    private readonly HistoryLog _log;
    private readonly PublisherOptions _options;
    private readonly TimeProvider _time;
    private readonly NodeUrls _urls;
    private readonly PublishClient _client;
    private readonly Dictionary<string, Channel<PublishBlock>> _waiting;
    private readonly ConcurrentDictionary<string, Acknowledgement> _acknowledged = new();
    private readonly CancellationTokenSource _finishing = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _making = new();
    private readonly Random _random; // Used under _making, as is what follows.
    private long _sequence;
    private PublishBlock? _told;
    private Task _running = Task.CompletedTask;
    private long _blocks;
    private long _rows;
    private long _refused;
    private long _unknown;
    private long _leftOut;

    public RecordingPublisher(HistoryLog log, PublisherOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _log = log;
        _options = options;
        _time = time ?? TimeProvider.System;
        _random = new Random(options.Seed);
        _urls = new NodeUrls(options.Urls, options.Seed);
        _client = new PublishClient(options, _time);
        _waiting = options.Channels.Distinct().ToDictionary(channel => channel, _ => System.Threading.Channels.Channel.CreateBounded<PublishBlock>(options.MaxWaiting));
    }

    public string Id => _options.Id;

    /// <summary>Blocks acknowledged.</summary>
    public long Acknowledged => Interlocked.Read(ref _blocks);

    /// <summary>Rows acknowledged.</summary>
    public long AcknowledgedRows => Interlocked.Read(ref _rows);

    /// <summary>Blocks that were refused and given up.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Attempts whose outcome was unknown.</summary>
    public long Unknown => Interlocked.Read(ref _unknown);

    /// <summary>Blocks that the plan had and that were left out, since too many waited.</summary>
    public long LeftOut => Interlocked.Read(ref _leftOut);

    /// <summary>The last acknowledgement that this publisher got for a channel.</summary>
    public Acknowledgement? LastOf(string channel) => _acknowledged.TryGetValue(channel, out var last) ? last : null;

    /// <summary>Starts to publish.</summary>
    public void Start() => _running = Task.WhenAll([PlanAsync(), .. _waiting.Values.Select(WorkAsync)]);

    /// <summary>Publishes one block now, behind those of its channel, and answers what became of it.</summary>
    public async Task<PublishOutcome> PublishAsync(string channel, int rows, CancellationToken cancellationToken = default)
    {
        PublishBlock block;
        lock (_making)
        {
            block = Make(channel, rows, _log.Now);
            if (!_waiting[channel].Writer.TryWrite(block))
                throw new InvalidOperationException($"{Id} takes no further block of {channel}: it has finished, or too many wait");
            _told = block;
        }

        return await block.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the block again that it was told to publish last, as if its answer had been lost.</summary>
    public Task<PublishOutcome> RepeatAsync()
    {
        PublishBlock? told;
        lock (_making)
            told = _told;
        return SendAsync(told ?? throw new InvalidOperationException($"{Id} was not told to publish yet"));
    }

    /// <summary>Sends everything to this node from now on, or with null to all of them again.</summary>
    public void Pin(Uri? url) => _urls.Pin(url);

    /// <summary>Plans no further block, and waits until the outcome of each is known, or gives up what is not by then.</summary>
    public async Task FinishAsync(TimeSpan patience)
    {
        await _finishing.CancelAsync().ConfigureAwait(false);
        foreach (var waiting in _waiting.Values)
            waiting.Writer.TryComplete();
        _stopping.CancelAfter(patience);
        await _running.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await FinishAsync(TimeSpan.Zero).ConfigureAwait(false);
        _client.Dispose();
        _finishing.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Puts blocks in line when they are due, however long the others take.</summary>
    private async Task PlanAsync()
    {
        var started = _log.Now;
        for (var n = 0L; _options.BlocksPerSecond > 0 && !_finishing.IsCancellationRequested; n++)
        {
            var due = started + (n * 1_000 / _options.BlocksPerSecond);
            if (due - _log.Now is > 0 and var early)
                await PauseAsync(TimeSpan.FromMilliseconds(early), _finishing.Token).ConfigureAwait(false);
            if (_finishing.IsCancellationRequested)
                return;
            PutInLine(due);
        }
    }

    /// <summary>Makes a block and puts it in line in one step: a channel's sequences have to go up.</summary>
    private void PutInLine(double due)
    {
        lock (_making)
        {
            var block = Make(_options.Channels[_random.Next(_options.Channels.Count)], _random.Next(_options.MinRows, _options.MaxRows + 1), due);
            if (!_waiting[block.Channel].Writer.TryWrite(block))
                Interlocked.Increment(ref _leftOut);
        }
    }

    private async Task WorkAsync(Channel<PublishBlock> waiting)
    {
        await foreach (var block in waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var outcome = await SendAsync(block).ConfigureAwait(false);
            if (outcome.Result is { } result)
            {
                _acknowledged[block.Channel] = new Acknowledgement(_log.Now, result.Epoch, result.Offset + result.Count);
                Interlocked.Increment(ref _blocks);
                Interlocked.Add(ref _rows, result.Count);
                if (block.IsRepeated)
                    await SendAsync(block).ConfigureAwait(false);
            }

            Interlocked.Add(ref _refused, outcome.Kind == HistoryKind.Fail ? 1 : 0);
            block.Done.TrySetResult(outcome);
        }
    }

    /// <summary>Makes attempts until the outcome is known.</summary>
    private async Task<PublishOutcome> SendAsync(PublishBlock block)
    {
        var isUnknown = false;
        for (var attempt = 1; !_stopping.IsCancellationRequested; attempt++)
        {
            var url = _urls.Current();
            Write(block, url, attempt, new HistoryEvent { By = Id, Kind = HistoryKind.Invoke, Due = block.Due, Rows = block.Named });
            var outcome = await _client.TryAsync(url, block, attempt == 1, _stopping.Token).ConfigureAwait(false);
            Write(block, url, attempt, new HistoryEvent { By = Id, Kind = outcome.Kind, Code = outcome.Code, Epoch = outcome.Result?.Epoch, Offset = outcome.Result?.Offset, Count = outcome.Result?.Count });
            if (_options.IsRoundRobin || outcome.Kind != HistoryKind.Ok)
                _urls.MoveOn(url);

            isUnknown |= outcome.Kind == HistoryKind.Info;
            Interlocked.Add(ref _unknown, outcome.Kind == HistoryKind.Info ? 1 : 0);
            if (outcome.Kind == HistoryKind.Ok || (isUnknown ? _options.IsAnonymous : outcome.Code != PublishOutcome.Unconnected))
                return outcome;

            // After an unknown outcome a refusal speaks of its own attempt only; that no retry can succeed ends it.
            if (outcome is { Kind: HistoryKind.Fail, Code: ErrorCode.BadRequest or ErrorCode.LimitExceeded or ErrorCode.Forbidden or ErrorCode.Unauthorized })
                break;
            await PauseAsync(TimeSpan.FromMilliseconds(Random.Shared.Next(MinRetryMs, MaxRetryMs)), _stopping.Token).ConfigureAwait(false);
        }

        return new PublishOutcome(isUnknown ? HistoryKind.Info : HistoryKind.Fail, Code: "given_up");
    }

    private void Write(PublishBlock block, Uri url, int attempt, HistoryEvent line) =>
        _log.Write(line with { Url = url.OriginalString, Channel = block.Channel, Sequence = block.Sequence, Attempt = attempt });

    private PublishBlock Make(string channel, int count, double due)
    {
        var time = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        var (rows, named) = RowContent.Make(Id, ++_sequence, count, time, _options.OptionalFields, _random);
        return new PublishBlock(channel, _sequence, due, rows, named)
        {
            IsRepeated = _options.RepeatOneIn > 0 && _random.Next(_options.RepeatOneIn) == 0,
            AbandonedAfter = _options.AbandonOneIn > 0 && _random.Next(_options.AbandonOneIn) == 0 ? TimeSpan.FromMilliseconds(_random.NextDouble() * MaxAbandonMs) : null,
        };
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop around it sees that it is over.
        }
    }
}
