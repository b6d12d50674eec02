using System.Runtime.CompilerServices;
using HubServer.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace HubServer.Client;

/// <summary>
/// A client of HubServer: queries that outlive their connection, and publishing that may be repeated. It opens one
/// connection, with its first call, and opens it again whenever it was lost. One client is enough for a program; it is safe
/// from any thread.
/// </summary>
public sealed class HubServerClient : IAsyncDisposable
{
    private readonly HubServerClientOptions _options;
    private readonly ILogger _logger;
    private readonly StateBoard _board;
    private readonly Link _link;
    private readonly Caller _caller;
    private readonly Publisher _publisher;

    /// <summary>Creates a client. It connects with its first call.</summary>
    /// <param name="options">Where the server is. What is changed in it later has no effect.</param>
    /// <exception cref="OptionsValidationException">An option is missing or out of its range; the text names it.</exception>
    public HubServerClient(HubServerClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Require<HubServerClientOptions>(new HubServerClientOptionsValidator().Validate(null, options));
        Require<HubServerClientOptions>(new HubUrl().Validate(null, options));
        _options = options.Copy();
        _logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger(typeof(HubServerClient).FullName ?? "");
        _board = new StateBoard(this, _logger);
        _link = new Link(_options, _board, _logger);
        _caller = new Caller(_link, _options, _logger);
        _publisher = new Publisher(_caller, _options);
    }

    /// <summary>Creates a client of the server at an address, with all other options as they are by default.</summary>
    /// <param name="url">The server's address, such as <c>http://localhost:5080</c>.</param>
    /// <exception cref="UriFormatException">It is no address.</exception>
    /// <exception cref="OptionsValidationException">It is none of a server.</exception>
    public HubServerClient(string url)
        : this(new HubServerClientOptions { Url = new Uri(url) })
    {
    }

    /// <summary>
    /// Is raised when <see cref="State"/> or <see cref="LastError"/> changed: one change after the other, in their order, on
    /// any thread. A handler should be quick.
    /// </summary>
    public event EventHandler<HubServerStateChangedEventArgs>? StateChanged
    {
        add => _board.Changed += value;
        remove => _board.Changed -= value;
    }

    /// <summary>How the client stands with its server.</summary>
    public HubServerClientState State => _board.Latest.State;

    /// <summary>What the last attempt to connect failed with, or how the connection was lost; null while it is there, and before the first attempt.</summary>
    public HubServerException? LastError => _board.Latest.Error;

    /// <summary>
    /// Runs a query: first the past, as one update, then what changes. The query goes on after any loss of the connection,
    /// on whichever node answers, exactly where its consumer stands: no row comes twice, none is left out without a gap, and
    /// nothing comes before the past is complete. While it waits, it says so once by an update without frames.
    /// </summary>
    /// <remarks>
    /// Each enumeration is a query of its own. Leaving the loop, or cancelling, ends it on the server. Several items of the
    /// server that wait for a busy consumer become one update; of a consumer that falls behind further than
    /// <see cref="HubServerClientOptions.MaxBacklogBytes"/>, they are dropped and asked for again once it is back.
    /// </remarks>
    /// <param name="request">
    /// What to query. Its <c>Resume</c> says what the caller holds already, from <see cref="FrameUpdate.Position"/> of an
    /// earlier query.
    /// </param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>The updates, without end unless the query has a <c>Range.To</c>.</returns>
    /// <exception cref="HubServerException">
    /// While it is enumerated: trying again cannot help. <c>bad_request</c>: the query is malformed, or the server speaks another
    /// version of the contract. <c>limit_exceeded</c>: it asks for too much. <c>unauthorized</c>, <c>forbidden</c>: the token was
    /// refused. <c>not_found</c>: what answers at the address is no hub.
    /// </exception>
    /// <exception cref="OperationCanceledException">While it is enumerated: it was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">While it is enumerated: the client was disposed of.</exception>
    public IAsyncEnumerable<QueryUpdate> QueryAsync(QueryRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RunAsync(request, cancellationToken);
    }

    /// <summary>
    /// Publishes rows to one channel and waits for their acknowledgement, through losses of the connection and whatever else
    /// passes, for ever unless it is cancelled. Each row is written once, whatever happens on the way. Calls for one channel run
    /// one after the other, in the order in which they were made.
    /// </summary>
    /// <param name="channel">The channel's id, as in <c>cpu{host="a"}</c>. It comes into being with its first row.</param>
    /// <param name="rows">The rows, by column. Up to 1,000 rows or 128 KB are taken whole or not at all; more are sent in blocks of so many.</param>
    /// <param name="level">What the acknowledgement has to mean.</param>
    /// <param name="cancellationToken">Gives up; the rows that are under way may then be written or not.</param>
    /// <returns>The position of the first row, and the number of rows.</returns>
    /// <exception cref="HubServerException">
    /// The rows were refused, and repeating cannot help: <c>bad_request</c> (they contradict the channel's schema),
    /// <c>limit_exceeded</c>, <c>unauthorized</c>, <c>forbidden</c>. Its <c>Result</c> says how many rows were written before.
    /// </exception>
    public async Task<PublishResult> PublishAsync(string channel, Rows rows, PublishLevel level = PublishLevel.Logged, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(rows);
        var result = await _publisher.PublishAsync(channel, rows, level, cancellationToken).ConfigureAwait(false);
        return result.Error is { } error ? throw Diagnosis.OfError(error, result) : result;
    }

    /// <summary>
    /// Publishes rows to several channels, like <see cref="PublishAsync(string, Rows, PublishLevel, CancellationToken)"/> for
    /// each batch: the batches of a channel in their order, those of different channels at once.
    /// </summary>
    /// <param name="request">
    /// The rows. One that has a <c>PublisherId</c> and a <c>Sequence</c> is sent as it is and may have one batch for each
    /// channel, of one block; it is then for the caller to have one request under way for each publisher and channel.
    /// </param>
    /// <param name="cancellationToken">Gives up; the rows that are under way may then be written or not.</param>
    /// <returns>A result for each batch, in their order. Those that were refused have an <c>Error</c>.</returns>
    /// <exception cref="HubServerException">No batch could be sent at all, or a request with a <c>PublisherId</c> was refused as a whole.</exception>
    public async Task<IReadOnlyList<PublishResult>> PublishAsync(PublishRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await _publisher.PublishAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates a writer that collects single rows into blocks. Dispose of it before the client, so that it sends what it has.</summary>
    /// <param name="options">How it collects; null for the defaults. What is changed in it later has no effect.</param>
    /// <exception cref="OptionsValidationException">An option is out of its range; the text names it.</exception>
    public RowWriter CreateRowWriter(RowWriterOptions? options = null)
    {
        var copy = options?.Copy() ?? new RowWriterOptions();
        Require<RowWriterOptions>(new RowWriterOptionsValidator().Validate(null, copy));
        return new RowWriter(_publisher, copy, _options.TimeProvider ?? TimeProvider.System, _logger);
    }

    /// <summary>Lists channels, a page at a time: while the answer's <c>More</c> is true, <c>After</c> its last channel's id follows the next.</summary>
    /// <param name="request">Which channels, and how many; null for the first 1,000 of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The channels, sorted by id.</returns>
    /// <exception cref="HubServerException">Trying again cannot help; <c>bad_request</c>: the selector is malformed.</exception>
    public Task<ChannelList> ListChannelsAsync(ListRequest? request = null, CancellationToken cancellationToken = default) =>
        _caller.InvokeAsync<ChannelList>("ListChannels", request ?? new ListRequest(), static _ => null, cancellationToken);

    /// <summary>Closes the connection. What runs ends with an <see cref="ObjectDisposedException"/>.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private static void Require<T>(ValidateOptionsResult result)
    {
        if (result.Failed)
            throw new OptionsValidationException(typeof(T).Name, typeof(T), result.Failures);
    }

    private async IAsyncEnumerable<QueryUpdate> RunAsync(QueryRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var run = NewRun(request);
        await using (run.ConfigureAwait(false))
        {
            QueryUpdate update;
            do
            {
                update = await run.NextAsync(cancellationToken).ConfigureAwait(false);
                yield return update;
            }
            while (update.State != QueryState.Done);
        }
    }

    private QueryRun NewRun(QueryRequest request)
    {
        try
        {
            return new QueryRun(_link, _board, _options, _logger, request);
        }
        catch (ProtocolException wrong)
        {
            throw new HubServerException(wrong.Code, $"the query's resume: {wrong.Message}", innerException: wrong);
        }
    }
}
