namespace HubServer.Core;

/// <summary>What a channel may keep, and for how long.</summary>
/// <param name="Capacity">The newest rows kept.</param>
/// <param name="MaxBytes">The most memory of its rows.</param>
/// <param name="Retention">How long it stays without new rows.</param>
internal readonly record struct ChannelLimits(int Capacity, long MaxBytes, TimeSpan Retention);
