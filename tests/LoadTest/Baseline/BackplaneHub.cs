using Microsoft.AspNetCore.SignalR;

namespace HubServer.LoadTest.Baseline;

/// <summary>The hub of the baseline. The sends of a call go together, which is the cheapest way there is.</summary>
public sealed class BackplaneHub : Hub
{
    /// <summary>The method of clients that gets a channel's rows.</summary>
    public const string Rows = "rows";

    public async Task<int> PublishColumns(ColumnsBatch[] batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        await Task.WhenAll(batches.Select(batch => Clients.Group(batch.Channel).SendAsync(Rows, batch.Channel, batch.Columns)));
        return batches.Sum(static batch => batch.Columns[0].Length / sizeof(double));
    }

    public async Task<int> PublishObjects(ObjectsBatch[] batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        await Task.WhenAll(batches.Select(batch => Clients.Group(batch.Channel).SendAsync(Rows, batch.Channel, batch.Rows)));
        return batches.Sum(static batch => batch.Rows.Length);
    }

    public async Task<int> PublishMessages(ObjectsBatch[] batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        await Task.WhenAll(batches.SelectMany(batch => batch.Rows.Select(row => Clients.Group(batch.Channel).SendAsync(Rows, batch.Channel, row))));
        return batches.Sum(static batch => batch.Rows.Length);
    }

    public async Task Join(string[] channels)
    {
        ArgumentNullException.ThrowIfNull(channels);
        await Task.WhenAll(channels.Select(channel => Groups.AddToGroupAsync(Context.ConnectionId, channel)));
    }
}
