using System.Runtime.CompilerServices;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore.Hubs;

/// <summary>The hub: the four methods of the wire contract. Every method takes one object.</summary>
public sealed class ServerHub(Node node, HubServerMetrics metrics, IOptions<HubServerOptions> options) : Hub
{
    private static readonly object SlotsKey = new();

    /// <inheritdoc/>
    public override Task OnConnectedAsync()
    {
        metrics.CountConnection(1);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDisconnectedAsync(Exception? exception)
    {
        metrics.CountConnection(-1);

        // SignalR has no other sign of a message that was too long than the text with which it ends the connection.
        if (exception is InvalidDataException && exception.Message.StartsWith("The maximum message size", StringComparison.Ordinal))
            metrics.CountLimit("Transport:MaxHubMessageBytes");
        return Task.CompletedTask;
    }

    /// <summary>Streams one merged query: first the past, then what changes.</summary>
    public async Task<IAsyncEnumerable<StreamItem>> Query(QueryRequest request, CancellationToken cancellationToken)
    {
        Require(request);
        var slot = Slots().TryTake(cancellationToken)
            ?? throw ProtocolException.LimitExceeded("Queries:MaxPerConnection", $"the connection has {options.Value.Queries.MaxPerConnection} running queries already; end one first");
        try
        {
            var isBinary = Context.Features.Get<ITransferFormatFeature>()?.ActiveFormat == TransferFormat.Binary;
            var subscription = await node.QueryAsync(request, isBinary ? WireFormat.MessagePack : WireFormat.Json, cancellationToken);
            subscription.Ended = slot.Dispose;
            return subscription;
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    /// <summary>Publishes rows to one or more channels.</summary>
    public async Task<PublishResult[]> Publish(PublishRequest request)
    {
        Require(request);
        return await node.Ingest.PublishAsync(request, Context.ConnectionAborted);
    }

    /// <summary>Publishes a stream of requests; answers each in order. A request that is refused answers with its error and the stream goes on.</summary>
    public async IAsyncEnumerable<PublishResult[]> PublishStream(IAsyncEnumerable<PublishRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken))
            yield return await PublishOneAsync(request, cancellationToken);
    }

    /// <summary>A page of channels, sorted by id.</summary>
    public async Task<ChannelList> ListChannels(ListRequest request)
    {
        Require(request);
        return await node.ListAsync(request, Context.ConnectionAborted);
    }

    private async Task<PublishResult[]> PublishOneAsync(PublishRequest? request, CancellationToken cancellationToken)
    {
        try
        {
            Require(request);
            if (request!.Batches is UnreadableBatches unreadable)
                return [Refused("", unreadable.Error)];
            return await node.Ingest.PublishAsync(request, cancellationToken);
        }
        catch (ProtocolException error)
        {
            metrics.CountLimit(error.Limit);
            return [.. (request?.Batches ?? []).Select(batch => batch.Channel).DefaultIfEmpty("").Select(channel => Refused(channel, error))];
        }
    }

    private static PublishResult Refused(string channel, ProtocolException error) =>
        new(channel, "", -1, 0, new ItemError(error.Code, error.Message));

    private QuerySlots Slots()
    {
        lock (Context.Items)
        {
            if (Context.Items.TryGetValue(SlotsKey, out var found) && found is QuerySlots slots)
                return slots;
            slots = new QuerySlots(options.Value.Queries.MaxPerConnection);
            Context.Items[SlotsKey] = slots;
            return slots;
        }
    }

    private static void Require(object? request)
    {
        if (request is null)
            throw ProtocolException.BadRequest("the method takes one object, found null");
    }
}
