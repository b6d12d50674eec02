namespace HubServer.Core;

/// <summary>
/// What a feed's tick publishes. The item stands beside the Cut and not in it: subscriptions keep Cuts, and one that
/// stalls must keep no item alive.
/// </summary>
/// <param name="Cut">The state reached.</param>
/// <param name="Shared">
/// The item that leads there from the Cut before; null where members joined, since each subscription has its own past
/// of those.
/// </param>
internal sealed record Tick(Cut Cut, SharedItem? Shared);
