using System.Runtime.CompilerServices;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Hubs;

/// <summary>The hub: the four methods of the wire contract. Every method takes one object.</summary>
public sealed class ServerHub(Node node, IOptions<HubServerOptions> options) : Hub
{
    private static readonly object QueriesKey = new();

    /// <summary>Streams one merged query: first the past, then what changes.</summary>
    public IAsyncEnumerable<StreamItem> Query(QueryRequest request)
    {
        Require(request);
        var queries = Queries();
        if (Interlocked.Increment(ref queries.Value) > options.Value.Queries.MaxPerConnection)
        {
            Interlocked.Decrement(ref queries.Value);
            throw ToHubException(ProtocolException.LimitExceeded($"the connection has {options.Value.Queries.MaxPerConnection} running queries already (HubServer:Queries:MaxPerConnection); end one first"));
        }

        try
        {
            var isBinary = Context.Features.Get<ITransferFormatFeature>()?.ActiveFormat == TransferFormat.Binary;
            var subscription = node.Query(request, isBinary ? WireFormat.MessagePack : WireFormat.Json);
            subscription.Ended = () => Interlocked.Decrement(ref queries.Value);
            return subscription;
        }
        catch (ProtocolException error)
        {
            Interlocked.Decrement(ref queries.Value);
            throw ToHubException(error);
        }
    }

    /// <summary>Publishes rows to one or more channels.</summary>
    public async Task<PublishResult[]> Publish(PublishRequest request)
    {
        Require(request);
        try
        {
            return await node.Ingest.PublishAsync(request, Context.ConnectionAborted);
        }
        catch (ProtocolException error)
        {
            throw ToHubException(error);
        }
    }

    /// <summary>Publishes a stream of requests; answers each in order. A request that is refused answers with its error and the stream goes on.</summary>
    public async IAsyncEnumerable<PublishResult[]> PublishStream(IAsyncEnumerable<PublishRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken))
            yield return await PublishOneAsync(request, cancellationToken);
    }

    /// <summary>A page of channels, sorted by id.</summary>
    public ChannelList ListChannels(ListRequest request)
    {
        Require(request);
        try
        {
            return node.List(request);
        }
        catch (ProtocolException error)
        {
            throw ToHubException(error);
        }
    }

    private async Task<PublishResult[]> PublishOneAsync(PublishRequest request, CancellationToken cancellationToken)
    {
        Require(request);
        if (request.Batches is UnreadableBatches unreadable)
            return [Refused("", unreadable.Error)];
        try
        {
            return await node.Ingest.PublishAsync(request, cancellationToken);
        }
        catch (ProtocolException error)
        {
            return [.. request.Batches.Select(batch => batch.Channel).DefaultIfEmpty("").Select(channel => Refused(channel, error))];
        }
    }

    private static PublishResult Refused(string channel, ProtocolException error) =>
        new(channel, "", -1, 0, new ItemError(error.Code, error.Message));

    private StrongBox<int> Queries()
    {
        lock (Context.Items)
        {
            if (Context.Items.TryGetValue(QueriesKey, out var found) && found is StrongBox<int> queries)
                return queries;
            queries = new StrongBox<int>();
            Context.Items[QueriesKey] = queries;
            return queries;
        }
    }

    private static void Require(object? request)
    {
        if (request is null)
            throw ToHubException(ProtocolException.BadRequest("the method takes one object, found null"));
    }

    private static HubException ToHubException(ProtocolException error) => new(error.WireMessage);
}
