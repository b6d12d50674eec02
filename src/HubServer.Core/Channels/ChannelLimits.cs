namespace HubServer.Core;

/// <summary>What a channel may keep, and for how long.</summary>
/// <param name="Capacity">The newest rows kept.</param>
/// <param name="CapacityMs">How far a kept row may be older than the newest one, in milliseconds; null for any age.</param>
/// <param name="MaxBytes">The most memory of its rows.</param>
/// <param name="Retention">How long it stays without new rows.</param>
public sealed record ChannelLimits(int Capacity, double? CapacityMs, long MaxBytes, TimeSpan Retention);
