namespace HubServer.History;

/// <summary>How far a subscriber was in a channel when everything had to be there.</summary>
internal sealed record TrackTail(Track Track, string Epoch, long Next, HistoryLine? Last);
