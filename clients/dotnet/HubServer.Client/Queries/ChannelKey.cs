namespace HubServer.Client;

/// <summary>What a frame belongs to.</summary>
/// <param name="RefId">The target.</param>
/// <param name="Channel">The channel's id, in the server's words.</param>
internal readonly record struct ChannelKey(string RefId, string Channel);
