using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Client;

/// <summary>
/// One enumeration of a query, over as many calls and connections as it takes. Everything happens while its consumer asks,
/// except that <see cref="Intake"/> takes in what comes.
/// </summary>
internal sealed partial class QueryRun : IAsyncDisposable
{
    private readonly Link _link;
    private readonly StateBoard _board;
    private readonly HubServerClientOptions _options;
    private readonly ILogger _logger;
    private readonly QueryRequest _request;
    private readonly Assembler _assembler;
    private readonly Backoff _backoff; // Of calls that the server ends or refuses, on a connection that works.
    private readonly TimeProvider _time;
    private Intake? _intake;
    private bool _wasServed;
    private string? _broken; // How the server broke the contract, once what came before it was released.

    public QueryRun(Link link, StateBoard board, HubServerClientOptions options, ILogger logger, QueryRequest request)
    {
        (_link, _board, _options, _logger, _request) = (link, board, options, logger, request);
        _assembler = new Assembler(request);
        _backoff = new Backoff(options);
        _time = options.TimeProvider ?? TimeProvider.System;
    }

    /// <summary>The next update, once there is one.</summary>
    /// <exception cref="HubServerException">Trying again cannot help.</exception>
    public async ValueTask<QueryUpdate> NextAsync(CancellationToken cancellationToken)
    {
        _intake?.Ask();
        try
        {
            while (true)
            {
                if (await TryNextAsync(cancellationToken).ConfigureAwait(false) is { } update)
                    return update;
            }
        }
        finally
        {
            _intake?.Rest();
        }
    }

    public async ValueTask DisposeAsync() => await EndCallAsync().ConfigureAwait(false);

    /// <summary>One step: begins a call, or takes what came, or gets over a problem.</summary>
    private async ValueTask<QueryUpdate?> TryNextAsync(CancellationToken cancellationToken)
    {
        try
        {
            _intake ??= await BeginCallAsync(cancellationToken).ConfigureAwait(false);
            if (_broken is { } broken)
                throw new HubServerException(ErrorCode.Internal, $"the server broke its contract: {broken}", isTransient: true);

            var items = await _intake.TakeAsync(cancellationToken).ConfigureAwait(false);
            if (items.Count > 0)
                return Apply(items);
            if (!_intake.IsDropped)
                throw _intake.Failure();
            Log.Dropped(_logger);
            await EndCallAsync().ConfigureAwait(false);
            return null;
        }
        catch (HubServerException problem) when (problem.IsTransient || _link.IsCrowded(problem) || (_wasServed && Link.IsFull(problem)))
        {
            // A client that is disposed of loses its connection, too, but is not making another.
            ObjectDisposedException.ThrowIf(_link.IsClosed, typeof(HubServerClient));
            await RecoverAsync(problem).ConfigureAwait(false);
            return _assembler.Interrupt(problem);
        }
    }

    private async Task<Intake> BeginCallAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_backoff.Next(), _time, cancellationToken).ConfigureAwait(false);
        var session = await _link.OpenAsync(cancellationToken).ConfigureAwait(false);
        var request = _request with { Resume = _assembler.Begin() };
        if (WireWriter.ToBytes(_options.Protocol, request).Length is var bytes && bytes > _options.MaxMessageBytes)
            throw HubServerException.TooLarge("the query", bytes, _options.MaxMessageBytes);
        return Intake.Start(session, request, _options.MaxBacklogBytes, _board);
    }

    private QueryUpdate? Apply(List<ReceivedItem> items)
    {
        _link.Works();
        foreach (var received in items)
        {
            _broken = received.Item is { } item ? _assembler.Apply(item) : received.Fault;
            if (_broken is not null)
                break;
        }

        var update = _assembler.Release();
        if (update is not null)
        {
            _backoff.Reset();
            _wasServed = true;
        }

        return update;
    }

    /// <summary>Ends the call that failed, so that the next step begins another, on another connection where this one is of no more use.</summary>
    private async Task RecoverAsync(HubServerException problem)
    {
        Log.Interrupted(_logger, problem.Message);
        if (_intake is not { } intake)
            return;

        // A node that is stopping refuses every call; elsewhere there is one that does not.
        if (problem.Code is HubServerException.Connection or ErrorCode.ShuttingDown)
            _link.Lose(intake.Session, problem);
        else
            _backoff.Fail();
        await EndCallAsync().ConfigureAwait(false);
    }

    private async Task EndCallAsync()
    {
        _broken = null;
        if (_intake is not { } intake)
            return;
        _intake = null;
        _link.NoteCancel();
        await intake.DisposeAsync().ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A query was interrupted and goes on as soon as it can: {Problem}", EventName = "Interrupted")]
        public static partial void Interrupted(ILogger logger, string problem);

        [LoggerMessage(2, LogLevel.Debug, "A query's consumer fell behind: what waited was dropped, and is asked for again.", EventName = "Dropped")]
        public static partial void Dropped(ILogger logger);
    }
}
