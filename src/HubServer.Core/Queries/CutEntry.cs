namespace HubServer.Core;

/// <summary>Where a Cut stands in one channel.</summary>
/// <param name="Epoch">The channel's epoch as of the Cut.</param>
/// <param name="Next">The offset after the last row before the Cut.</param>
/// <param name="View">The fields as of the Cut.</param>
internal readonly record struct CutEntry(string Epoch, long Next, View View);
