using Microsoft.AspNetCore.SignalR;

namespace HubServer.LoadTest.Baseline;

/// <summary>A group for each channel, and a message for each row: what SignalR's documentation leads to.</summary>
public sealed class GroupsHub : Hub
{
    /// <summary>The method of clients that gets a row.</summary>
    public const string Row = "row";

    /// <summary>Takes the rows of a tick in one call; the sends go together, which is the cheapest way there is.</summary>
    public Task Publish(FanoutBatch[] batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        return Task.WhenAll(batches.Select(batch => Clients.Group(batch.Channel).SendAsync(Row, batch.Channel, batch.Row)));
    }

    public Task Join(string[] channels)
    {
        ArgumentNullException.ThrowIfNull(channels);
        return Task.WhenAll(channels.Select(channel => Groups.AddToGroupAsync(Context.ConnectionId, channel)));
    }
}
