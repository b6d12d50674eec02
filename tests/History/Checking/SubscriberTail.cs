using HubServer.Protocol;

namespace HubServer.History;

/// <summary>How a subscriber stood when everything had to be there.</summary>
internal sealed record SubscriberTail(
    string Name, IReadOnlyList<string> Channels, bool IsConnected, string? LeftBecause, ItemState? State, bool IsStale, IReadOnlyList<TrackTail> Tracks, HistoryLine? Call)
{
    /// <summary>Whether it was sent away or stopped, so that nobody expects anything of it.</summary>
    public bool IsExcused => !IsConnected && LeftBecause is "away" or "stopped";
}
